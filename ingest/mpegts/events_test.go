package mpegts

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"os"
	"testing"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// PIDs of the events.
const (
	splicePID = 0x102
	id3PID    = 0x103
)

// id3 is a tag with a body of n bytes.
func id3(n int) []byte {
	return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, byte(n >> 7), byte(n & 0x7f)}, bytes.Repeat([]byte{'x'}, n)...)
}

// splice is the standard's sample of splice_insert, out for a minute, with the time
// moved to pts by its adjustment.
func splice(t testing.TB, pts int64) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=")
	if err != nil {
		t.Fatal(err)
	}
	adjustment := (pts - 0x7369c02e) & (1<<33 - 1)
	b[4] = byte(adjustment >> 32)
	binary.BigEndian.PutUint32(b[5:], uint32(adjustment))
	binary.BigEndian.PutUint32(b[len(b)-4:], scte35.CRC32(b[:len(b)-4]))
	return b
}

// eventful is a stream with sound, a splice that is announced ahead, and two tags.
func eventful(t testing.TB) []byte {
	t.Helper()
	audio, err := os.ReadFile("../../testdata/audio/44100.mp3")
	if err != nil {
		t.Fatal(err)
	}
	const start = 900_000
	s := &stream{}
	l := usual
	l.entries = []entry{{0x03, audioPID, nil}, {streamSCTE35, splicePID, nil}, {streamMetadata, id3PID, id3Descriptor}}
	s.tables(l)
	s.put(audioPID, soundPES(start, audio[:1000]))
	s.put(splicePID, append([]byte{0}, splice(t, start+4*90_000)...))
	s.put(id3PID, pes(0xbd, start+9_000, start+9_000, append(id3(20), id3(400)...)))
	s.tables(l)
	s.put(audioPID, soundPES(start+8_000, audio[1000:]))
	s.put(splicePID, append([]byte{3, 1, 2, 3}, append(splice(t, start+8*90_000), 0xff)...))
	s.put(audioPID, soundPES(start+36_000, audio[:400]))
	return s.bytes()
}

func soundPES(pts int64, data []byte) []byte { return pes(0xc0, pts, pts, data) }

// id3Descriptor announces ID3 ("Timed Metadata for HTTP Live Streaming").
var id3Descriptor = append([]byte{0x26, 13, 0xff, 0xff}, "ID3 \xffID3 \x00\x0f"...)

func checkEvents(t *testing.T, got []media.Event) {
	t.Helper()
	if len(got) != 4 {
		t.Fatalf("%d events: %+v", len(got), got)
	}
	out, tag, second := got[0], got[1], got[2]
	if out.Kind != media.EventSCTE35 || out.Time != 4*90_000 || out.ID != "1207959695" || out.Name != "splice_insert" ||
		out.Values["out"] != "true" || out.Duration.Seconds() < 60 || scte35.CRC32(out.Payload) != 0 {
		t.Errorf("splice %+v", out)
	}
	if tag.Kind != media.EventID3 || tag.Time != 9_000 || !bytes.Equal(tag.Payload, id3(20)) || len(second.Payload) != 410 {
		t.Errorf("tags %+v, %+v", tag, second)
	}
	if got[3].Time != 8*90_000 {
		t.Errorf("the second splice is at %d", got[3].Time)
	}
}

func TestEventsBesideTheMedia(t *testing.T) {
	p, err := demux(t, eventful(t))
	if err != nil {
		t.Fatal(err)
	}
	checkEvents(t, p.Events)
	if len(p.Samples[media.Audio]) < 15 || len(p.Repairs) > 0 {
		t.Errorf("%d audio units, repairs %v", len(p.Samples[media.Audio]), p.Repairs)
	}
}

func TestSpliceEvents(t *testing.T) {
	tests := []struct {
		name   string
		splice scte35.Splice
		id     string
		values map[string]string
	}{
		{"return", scte35.Splice{Command: scte35.SpliceInsert, EventID: 7}, "7", map[string]string{"out": "false"}},
		{"cancelled", scte35.Splice{Command: scte35.SpliceInsert, EventID: 7, Cancel: true}, "7", map[string]string{"cancel": "true"}},
		{"break", scte35.Splice{Command: scte35.TimeSignal, Segments: []scte35.Segment{{EventID: 9, TypeID: 0x22}}}, "9",
			map[string]string{"out": "true", "segmentation_type": "0x22"}},
		{"nothing said", scte35.Splice{Command: scte35.TimeSignal}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := spliceEvent(tt.splice)
			if got.ID != tt.id || len(got.Values) != len(tt.values) {
				t.Errorf("got %+v", got)
			}
			for key, want := range tt.values {
				if got.Values[key] != want {
					t.Errorf("%s is %q, want %q", key, got.Values[key], want)
				}
			}
		})
	}
}
