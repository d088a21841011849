package rtmp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// discard is an ingest.Sink that counts samples.
type discard struct{ samples int }

func (d *discard) Stream() media.StreamID               { return "test" }
func (d *discard) Expect(_, _ bool)                     {}
func (d *discard) SetTrack(media.Track) error           { return nil }
func (d *discard) Write(media.Kind, media.Sample) error { d.samples++; return nil }
func (d *discard) Event(media.Event)                    {}
func (d *discard) Advise(ingest.Advice)                 {}
func (d *discard) Repaired(string)                      {}
func (d *discard) Close(error)                          {}

// inChunks is a message with a header of format 0, in chunks of the given size.
func inChunks(id byte, timestamp uint32, kind messageType, body []byte, size int) []byte {
	b := []byte{id, byte(timestamp >> 16), byte(timestamp >> 8), byte(timestamp)}
	b = append(b, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)), byte(kind))
	b = binary.LittleEndian.AppendUint32(b, 1)
	for at := 0; at < len(body); at += size {
		if at > 0 {
			b = append(b, 0xc0|id)
		}
		b = append(b, body[at:min(len(body), at+size)]...)
	}
	return b
}

const benchPictures = 300

// benchStream is ten seconds of 5 Mbit/s with 30 pictures and 47 sounds a second, as OBS
// sends them.
func benchStream() []byte {
	const chunk = 4096
	b := inChunks(4, 0, typeVideo, append([]byte{0x17, 0, 0, 0, 0}, avcConfig()...), chunk)
	b = append(b, inChunks(5, 0, typeAudio, []byte{0xaf, 0, 0x11, 0x90}, chunk)...)
	picture := append([]byte{0x27, 1, 0, 0, 0}, lengthPrefixed(append([]byte{0x41, 0x9a}, bytes.Repeat([]byte{0x55}, 20_000)...))...)
	sound := append([]byte{0xaf, 1, 0x21}, bytes.Repeat([]byte{0x55}, 340)...)
	for i := range benchPictures {
		b = append(b, inChunks(4, uint32(i*100/3), typeVideo, picture, chunk)...)
		b = append(b, inChunks(5, uint32(i*100/3), typeAudio, sound, chunk)...)
	}
	return b
}

// avcConfig is an AVCDecoderConfigurationRecord with the parameter sets of annexB.
func avcConfig() []byte {
	sets := bytes.Split(annexB(true), []byte{0, 0, 0, 1})
	sps, pps := sets[1], sets[2]
	b := append([]byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(sps)))...)
	b = append(append(b, sps...), 1)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(pps))), pps...)
}

func lengthPrefixed(nalus ...[]byte) (b []byte) {
	for _, n := range nalus {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}

// BenchmarkMessages takes messages from their bytes to the session's sink.
func BenchmarkMessages(b *testing.B) {
	stream := benchStream()
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		sink := &discard{}
		d := &demuxer{session: ingest.NewSession(sink, millisecond, 32)}
		c := newChunkReader(bufio.NewReaderSize(bytes.NewReader(stream), readBuffer))
		c.mediaAllowed, c.size = true, 4096
		for {
			m, err := c.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			if err := d.handle(m); err != nil {
				b.Fatal(err)
			}
		}
		if sink.samples < benchPictures {
			b.Fatalf("%d samples", sink.samples)
		}
	}
}
