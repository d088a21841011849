package rtmp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

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

// receive takes messages from their bytes to a sink.
func receive(t testing.TB, stream []byte, sink ingest.Sink) {
	t.Helper()
	d := &demuxer{session: ingest.NewSession(sink, millisecond, 32)}
	c := newChunkReader(bufio.NewReaderSize(bytes.NewReader(stream), readBuffer))
	c.mediaAllowed, c.size = true, 4096
	for {
		m, err := c.read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.handle(m); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkMessages takes messages from their bytes to the session's sink.
func BenchmarkMessages(b *testing.B) {
	stream := benchStream()
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		sink := &ingesttest.Discard{}
		receive(b, stream, sink)
		if sink.Samples < benchPictures {
			b.Fatalf("%d samples", sink.Samples)
		}
	}
}

// A picture is copied into its message and into its part.
func TestCopiesOfAPicture(t *testing.T) {
	const size, chunk = 200_000, 4096
	slice := append([]byte{0x41, 0x9a}, bytes.Repeat([]byte{0x55}, size)...)
	large := append([]byte{0x41, 0x9a}, bytes.Repeat([]byte{0x55}, 3*firstMemory)...)
	inBand := lengthPrefixed([]byte{9, 0xf0}, nalUnit(1), nalUnit(2), []byte{6, 1, 1, 0x80}, slice, []byte{12, 0xff, 0x80})
	sequence, frame := av1Units(t)
	frame = append(frame, bytes.Repeat([]byte{0x55}, size)...)
	unit := append([]byte{6<<3 | 2, 0x80 | byte(len(frame)&0x7f), 0x80 | byte(len(frame)>>7&0x7f), byte(len(frame) >> 14)}, frame...)
	avc := append([]byte{0x17, 0, 0, 0, 0}, avcConfig()...)
	for _, tt := range []struct {
		name           string
		config, tag    []byte
		picture, delim []byte
	}{
		{"H.264", avc, []byte{0x27, 1, 0, 0, 0}, lengthPrefixed(slice), nil},
		{"larger than the memory that a message gets at first", avc, []byte{0x27, 1, 0, 0, 0}, lengthPrefixed(large), nil},
		{"H.264 with parameter sets in band", avc, []byte{0x27, 1, 0, 0, 0}, inBand, nil},
		{"AV1", append([]byte{0x90, 'a', 'v', '0', '1', 0x81, 0, 0x0c, 0}, sequence...), []byte{0xa1, 'a', 'v', '0', '1'}, unit, nil},
		{"AV1 with temporal delimiters", append([]byte{0x90, 'a', 'v', '0', '1', 0x81, 0, 0x0c, 0}, sequence...), []byte{0xa1, 'a', 'v', '0', '1'}, unit, []byte{2<<3 | 2, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := slices.Concat(tt.tag, tt.delim, tt.picture)
			stream := func(pictures int) []byte {
				b := inChunks(4, 0, typeVideo, tt.config, chunk)
				for i := range pictures {
					b = append(b, inChunks(4, uint32(i*40), typeVideo, body, chunk)...)
				}
				return b
			}
			streams := map[int][]byte{}
			ingesttest.CheckCopies(t, len(tt.picture), func(pictures int, sink *ingesttest.Parts) {
				if streams[pictures] == nil {
					streams[pictures] = stream(pictures)
				}
				receive(t, streams[pictures], sink)
			})
		})
	}
}

// av1Units are a sequence header, and the beginning of a frame that is no key frame.
func av1Units(t testing.TB) (sequence, frame []byte) {
	t.Helper()
	b, err := os.ReadFile("../../testdata/av1/svt.obu")
	if err != nil {
		t.Fatal(err)
	}
	v := &bitstream.Video{Codec: media.AV1}
	if _, err := v.FromOBUStream(bitstreamtest.TemporalUnits(b)[0]); err != nil {
		t.Fatal(err)
	}
	return v.Params.Sequence, []byte{0x30}
}
