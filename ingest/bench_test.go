package ingest

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// What a picture costs between its protocol and the sink.
func BenchmarkPicture(b *testing.B) {
	slice := make([]byte, 8000)
	slice[0], slice[1] = 0x41, 0x9a
	key := append([]byte{0x65, 0x88}, make([]byte, 60_000)...)
	prefixed := func(nalus ...[]byte) (body []byte) {
		for _, n := range nalus {
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(n))), n...)
		}
		return body
	}
	inBand := [][]byte{sets.SPS[0], sets.PPS[0], key}
	for _, bench := range []struct {
		name string
		give func(s *Session, at int64, isKey bool, arrival time.Time) error
	}{
		{"RTMP", func() func(*Session, int64, bool, time.Time) error {
			whole, first := prefixed(slice), prefixed(key)
			return func(s *Session, at int64, isKey bool, arrival time.Time) error {
				if isKey {
					return s.VideoBody(at, 0, first, 4, arrival)
				}
				return s.VideoBody(at, 0, whole, 4, arrival)
			}
		}()},
		{"RTMP, four slices", func() func(*Session, int64, bool, time.Time) error {
			later := append([]byte{}, slice...)
			later[1] = 0x3a // first_mb_in_slice is not 0
			whole := prefixed(slice[:2000], later[:2000], later[:2000], later[:2000])
			first := prefixed(key)
			return func(s *Session, at int64, isKey bool, arrival time.Time) error {
				if isKey {
					return s.VideoBody(at, 0, first, 4, arrival)
				}
				return s.VideoBody(at, 0, whole, 4, arrival)
			}
		}()},
		{"SRT", func(s *Session, at int64, isKey bool, arrival time.Time) error {
			if isKey {
				return s.VideoNALUnits(at, 0, inBand, arrival)
			}
			return s.VideoNALUnits(at, 0, [][]byte{{0x09, 0xf0}, slice}, arrival)
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := NewSession(discard{}, 1000, 32)
			if err := s.SetVideo(media.H264, sets); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := int64(0)
			for b.Loop() {
				if err := bench.give(s, i*33, i%60 == 0, arrival.Add(time.Duration(i)*33*time.Millisecond)); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// discard is a Sink that keeps nothing.
type discard struct{ Sink }

func (discard) SetTrack(media.Track) error           { return nil }
func (discard) Write(media.Kind, media.Sample) error { return nil }
func (discard) Repaired(string)                      {}
func (discard) Advise(Advice)                        {}
