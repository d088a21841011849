package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
)

// header0 is a chunk header of format 0 on message stream 1.
func header0(id byte, timestamp uint32, length int, kind messageType) []byte {
	return []byte{
		id, byte(timestamp >> 16), byte(timestamp >> 8), byte(timestamp),
		byte(length >> 16), byte(length >> 8), byte(length), byte(kind), 1, 0, 0, 0,
	}
}

// header1 is a chunk header of format 1.
func header1(id byte, delta uint32, length int, kind messageType) []byte {
	b := header0(id, delta, length, kind)[:8]
	b[0] |= 1 << 6
	return b
}

// header2 is a chunk header of format 2.
func header2(id byte, delta uint32) []byte {
	return []byte{id | 2<<6, byte(delta >> 16), byte(delta >> 8), byte(delta)}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func extended(timestamp uint32) []byte { return binary.BigEndian.AppendUint32(nil, timestamp) }

func TestChunkReaderBounds(t *testing.T) {
	manyStreams := func() (b []byte) {
		for id := byte(64 - 2); len(b) < 200*(maxChunkStreams+1); id++ {
			b = append(append(b, 0, id), header0(0, 0, 200, typeDataAMF0)[1:]...)
			b = append(b, make([]byte, 128)...)
		}
		return b
	}
	partials := func(id byte) []byte {
		return append(header0(id, 0, maxPicture, typeVideo), make([]byte, maxPicture-1)...)
	}
	tests := []struct {
		name  string
		bytes []byte
		size  uint32
		setup bool // before publish
		err   error
	}{
		{"too many chunk streams", manyStreams(), 128, false, ErrChunk},
		{"command too large", header0(3, 0, maxCommand+1, typeCommandAMF0), 128, false, ingest.ErrTooLarge},
		{"sound too large", header0(3, 0, maxSound+1, typeAudio), 128, false, ingest.ErrTooLarge},
		{"data too large before publish", header0(3, 0, maxData+1, typeDataAMF0), 128, true, ingest.ErrTooLarge},
		{"control message too large", header0(3, 0, 1000, typeAbort), 128, false, ingest.ErrTooLarge},
		{"media before publish", header0(3, 0, 100, typeVideo), 128, true, ErrChunk},
		{"aggregate before publish", header0(3, 0, 100, typeAggregate), 128, true, ErrChunk},
		{"begins with format 3", []byte{0xc3}, 128, false, ErrChunk},
		{"begins with format 2", header2(3, 20), 128, false, ErrChunk},
		{"unfinished messages", append(partials(3), partials(4)...), maxPicture - 1, false, ingest.ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testReader(tt.bytes)
			c.size, c.mediaAllowed = tt.size, !tt.setup
			var err error
			for err == nil {
				_, err = c.read()
			}
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnfinishedCommandsBeforePublish(t *testing.T) {
	var b []byte
	for id := byte(3); id < 3+maxUnfinishedSetup/maxCommand+1; id++ {
		b = append(append(b, header0(id, 0, maxCommand, typeCommandAMF0)...), make([]byte, 128)...)
	}
	c := testReader(b)
	c.mediaAllowed = false
	if _, err := c.read(); !errors.Is(err, ingest.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// A message's memory follows what has come of it, whatever its header and the chunk size
// say.
func TestMemoryFollowsWhatArrives(t *testing.T) {
	for _, arrived := range []int{1, firstMemory, firstMemory + 1, 3 << 20} {
		c := testReader(append(header0(4, 0, maxPicture, typeVideo), make([]byte, arrived)...))
		c.size = maxPicture
		if _, err := c.read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		if c.held > max(firstMemory, 2*arrived) {
			t.Errorf("%d bytes are held after %d arrived", c.held, arrived)
		}
	}
}

// A message may get the memory that the largest one before had, but only one at a time.
func TestMemoryAfterALargeMessage(t *testing.T) {
	const large, chunk = 1 << 20, 128
	b := inChunks(4, 0, typeVideo, make([]byte, large), chunk)
	for id := byte(5); id < 8; id++ {
		b = append(append(b, header0(id, 0, maxPicture, typeVideo)...), make([]byte, chunk)...)
	}
	c := testReader(b)
	c.size = chunk
	if _, err := c.read(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read(); !errors.Is(err, io.EOF) || c.held != large+2*firstMemory {
		t.Errorf("%v, %d bytes are held", err, c.held)
	}
}

func TestLargestPicture(t *testing.T) {
	picture := bytes.Repeat([]byte{7, 8, 9}, maxPicture/3)
	b := inChunks(4, 5, typeVideo, picture, 60_000)
	// Sound that comes in between.
	sound := inChunks(5, 5, typeAudio, []byte{1, 2, 3}, 128)
	at := 12 + 100*60_001 - 1
	c := testReader(join(b[:at], sound, b[at:]))
	c.size = 60_000
	first, err1 := c.read()
	second, err2 := c.read()
	if err1 != nil || err2 != nil || first.kind != typeAudio || !bytes.Equal(second.body, picture) || c.held != 0 {
		t.Errorf("%v, %v, %d bytes, %d held", err1, err2, len(second.body), c.held)
	}
}

// Messages are read from chunks as encoders write them, and not only as they should.
func TestChunkHabits(t *testing.T) {
	const late = 0x01000000 // 4 h 39 min
	body := func(n int) []byte { return bytes.Repeat([]byte{7}, n) }
	type message struct {
		timestamp uint32
		length    int
	}
	tests := []struct {
		name    string
		bytes   []byte
		want    []message
		dropped int
	}{
		{"begins with format 1", join(
			header1(4, 40, 5, typeVideo), body(5), header2(4, 33), body(5), []byte{0xc4}, body(5),
		), []message{{40, 5}, {73, 5}, {106, 5}}, 0},
		{"extended timestamp repeated", join(
			header0(4, noExtension, 200, typeVideo), extended(late), body(128), []byte{0xc4}, extended(late), body(72),
		), []message{{late, 200}}, 0},
		{"extended timestamp not repeated", join(
			header0(4, noExtension, 300, typeVideo), extended(late), body(128), []byte{0xc4}, body(128), []byte{0xc4}, body(44),
		), []message{{late, 300}}, 0},
		{"not repeated, and less than it would take is left", join(
			header0(4, noExtension, 129, typeVideo), extended(late), body(128), []byte{0xc4}, body(1),
		), []message{{late, 129}}, 0},
		{"extended delta, and the timestamp repeated", join(
			header0(4, 10, 5, typeVideo), body(5),
			header1(4, noExtension, 200, typeVideo), extended(late), body(128), []byte{0xc4}, extended(late+10), body(72),
		), []message{{10, 5}, {late + 10, 200}}, 0},
		{"message of format 3 after an extended timestamp", join(
			header0(4, noExtension, 5, typeVideo), extended(late), body(5), []byte{0xc4}, body(5), []byte{0xc4}, extended(late), body(5),
		), []message{{late, 5}, {late, 5}, {late, 5}}, 0},
		{"message of format 3 with an extended timestamp of its own", join(
			header0(4, noExtension, 200, typeVideo), extended(late), body(128), []byte{0xc4}, extended(late), body(72),
			[]byte{0xc4}, extended(late+33), body(128), []byte{0xc4}, extended(late+33), body(72),
		), []message{{late, 200}, {late + 33, 200}}, 0},
		{"not extended any more", join(
			header0(4, noExtension, 5, typeVideo), extended(late), body(5), header1(4, 33, 200, typeVideo), body(128), []byte{0xc4}, body(72),
		), []message{{late, 5}, {late + 33, 200}}, 0},
		{"the largest timestamp without extension", join(
			header0(4, noExtension-1, 129, typeVideo), body(128), []byte{0xc4}, body(1),
		), []message{{noExtension - 1, 129}}, 0},
		{"a message replaced by one of format 0", join(
			header0(4, 10, 200, typeVideo), body(128), header0(4, 50, 5, typeVideo), body(5),
		), []message{{50, 5}}, 1},
		{"a message replaced by one of format 0 of the same size", join(
			header0(4, 10, 200, typeVideo), body(128), header0(4, 10, 200, typeVideo), body(128), []byte{0xc4}, body(72),
		), []message{{10, 200}}, 1},
		{"a message replaced by one of format 1", join(
			header0(4, 10, 200, typeVideo), body(128), header1(4, 40, 5, typeVideo), body(5),
		), []message{{50, 5}}, 1},
		{"a message replaced by one of format 2", join(
			header0(4, 10, 200, typeVideo), body(128), header2(4, 40), body(128), []byte{0xc4}, body(72),
		), []message{{50, 200}}, 1},
		{"continued with format 1", join(
			header0(4, 10, 5, typeVideo), body(5),
			header1(4, 40, 200, typeVideo), body(128), header1(4, 40, 200, typeVideo), body(72), header2(4, 40), body(128), header2(4, 40), body(72),
		), []message{{10, 5}, {50, 200}, {90, 200}}, 0},
		{"continued with format 1 and no delta", join(
			header0(4, 10, 200, typeVideo), body(128), header1(4, 0, 200, typeVideo), body(72),
		), []message{{10, 200}}, 0},
		{"empty messages", join(
			header0(4, 10, 0, typeVideo), header1(4, 5, 0, typeVideo), []byte{0xc4}, header2(4, 1),
		), []message{{10, 0}, {15, 0}, {20, 0}, {21, 0}}, 0},
		{"interleaved", join(
			header0(4, 10, 200, typeVideo), body(128), header0(5, 11, 3, typeAudio), body(3), []byte{0xc4}, body(72),
		), []message{{11, 3}, {10, 200}}, 0},
		{"data that is too large is left out", join(
			inChunks(4, 10, typeDataAMF0, body(maxData+1), 128), header0(4, 50, 5, typeVideo), body(5),
		), []message{{50, 5}}, 1},
		{"an unknown type", join(header0(4, 10, 5, 99), body(5)), []message{{10, 5}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testReader(tt.bytes)
			for i, want := range tt.want {
				m, err := c.read()
				if err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
				if m.timestamp != want.timestamp || !bytes.Equal(m.body, body(want.length)) {
					t.Errorf("message %d: at %#x with %d bytes, want %#x and %d", i, m.timestamp, len(m.body), want.timestamp, want.length)
				}
			}
			if _, err := c.read(); !errors.Is(err, io.EOF) || c.dropped != tt.dropped || c.held != 0 {
				t.Errorf("then %v, %d dropped, %d bytes held", err, c.dropped, c.held)
			}
		})
	}
}

// The same messages come of chunks of any size.
func TestChunkSizes(t *testing.T) {
	picture := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 1000)
	for _, announced := range []uint32{1, 2, 127, 4096, 1 << 20, 1<<24 - 1, 1 << 30, 1<<31 + 5, 1<<32 - 1} {
		c := testReader(inChunks(4, 5, typeVideo, picture, int(min(announced, maxPicture))))
		if err := c.setChunkSize(announced); err != nil {
			t.Fatal(err)
		}
		if m, err := c.read(); err != nil || !bytes.Equal(m.body, picture) {
			t.Errorf("chunks of %d: %v", announced, err)
		}
	}
	if err := testReader(nil).setChunkSize(0); !errors.Is(err, ErrChunk) {
		t.Errorf("chunks of nothing: %v", err)
	}
}

func TestAbort(t *testing.T) {
	c := testReader(join(
		header0(4, 10, 200, typeVideo), make([]byte, 128),
		header0(2, 0, 4, typeAbort), []byte{0, 0, 0, 4},
		header0(4, 20, 5, typeVideo), []byte("12345"),
	))
	m, err := c.read()
	if err != nil || m.kind != typeAbort {
		t.Fatal(m.kind, err)
	}
	c.abort(binary.BigEndian.Uint32(m.body))
	c.abort(77)
	if m, err = c.read(); err != nil || m.timestamp != 20 || string(m.body) != "12345" || c.held != 0 || c.dropped != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestExtendedTimestampOnContinuation(t *testing.T) {
	// 200 bytes at 0x12345678 ms, in chunks of 128: the second chunk repeats the
	// extended timestamp. Then the same again, later by as much as needs an extended
	// delta.
	message := func(header ...byte) []byte {
		b := append(header, 0x12, 0x34, 0x56, 0x78)
		b = append(b, bytes.Repeat([]byte{7}, 128)...)
		b = append(b, 0xc4, 0x12, 0x34, 0x56, 0x78)
		return append(b, bytes.Repeat([]byte{7}, 72)...)
	}
	c := testReader(append(
		message(0x04, 0xff, 0xff, 0xff, 0, 0, 200, byte(typeVideo), 1, 0, 0, 0),
		message(0x44, 0xff, 0xff, 0xff, 0, 0, 200, byte(typeVideo))...))
	for _, want := range []uint32{0x12345678, 2 * 0x12345678} {
		m, err := c.read()
		if err != nil || m.timestamp != want || m.kind != typeVideo || !bytes.Equal(m.body, bytes.Repeat([]byte{7}, 200)) {
			t.Errorf("%#x, type %d, %d bytes, %v", m.timestamp, m.kind, len(m.body), err)
		}
	}
}

// Chunk streams are numbered in one, two or three bytes (RTMP 1.0 §5.3.1.1).
func TestChunkStreamIDs(t *testing.T) {
	header := []byte{0, 0, 0, 0, 0, 2, byte(typeDataAMF0), 0, 0, 0, 0}
	for want, basic := range map[uint32][]byte{3: {0x03}, 63: {0x3f}, 64: {0x00, 0}, 319: {0x00, 255}, 320: {0x01, 0, 1}, 65599: {0x01, 255, 255}} {
		c := testReader(append(append(basic, header...), "ab"...))
		m, err := c.read()
		if err != nil || string(m.body) != "ab" {
			t.Fatalf("%d: %q, %v", want, m.body, err)
		}
		if _, known := c.streams[want]; !known || len(c.streams) != 1 {
			t.Errorf("%x is not chunk stream %d", basic, want)
		}
		for n := 1; n < len(basic)+len(header)+2; n++ {
			cut := testReader(append(append(basic, header...), "ab"...)[:n])
			if _, err := cut.read(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%x cut to %d bytes: %v", basic, n, err)
			}
		}
	}
}
