package hls

import (
	"encoding/binary"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

func box(name string, body ...[]byte) []byte {
	content := slices.Concat(body...)
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), []byte(name), content)
}

// large is a box whose size has 64 bits.
func large(name string, body []byte) []byte {
	return slices.Concat([]byte{0, 0, 0, 1}, []byte(name), binary.BigEndian.AppendUint64(nil, uint64(16+len(body))), body)
}

// run has samples without a duration, a size or anything else: their bytes are none.
func run(samples uint32) []byte {
	return slices.Concat([]byte{0, 0, 0, 1}, binary.BigEndian.AppendUint32(nil, samples), []byte{0, 0, 0, 100})
}

// A few bytes can announce samples that would need more memory than there is.
func TestSamplesAreBounded(t *testing.T) {
	fragment := func(runs ...[]byte) []byte {
		header := slices.Concat(box("tfhd", []byte{0, 2, 0, 0, 0, 0, 0, 1}), box("tfdt", make([]byte, 8)))
		track := box("traf", slices.Concat([][]byte{header}, runs)...)
		return slices.Concat(box("moof", box("mfhd", make([]byte, 8)), track), box("mdat", []byte{1, 2, 3}))
	}
	many := make([][]byte, 10)
	for i := range many {
		many[i] = box("trun", run(19_000))
	}
	tests := []struct {
		name string
		data []byte
		ok   bool
	}{
		{"no samples", fragment(box("trun", run(0))), true},
		{"in one run", fragment(box("trun", run(1<<32-1))), false},
		{"in many runs", fragment(many...), false},
		{"in many fragments", slices.Concat(slices.Repeat([][]byte{fragment(many[0])}, 4)...), false},
		{"behind a size of 64 bits", fragment(large("trun", run(1<<32-1))), false},
		{"in a track behind a size of 64 bits", slices.Concat(box("moof", large("traf", box("trun", run(1<<32-1))))), false},
		{"in a run outside", slices.Concat(fragment(), box("trun", run(1<<32-1))), false},
		{"a box that is cut", fragment(box("trun", run(0)))[:20], false},
		{"media of 64 bits", slices.Concat(fragment(), large("mdat", []byte{1})), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			left := maxSamples
			if ok := countSamples(tt.data, &left); ok != tt.ok {
				t.Errorf("%v, want %v", ok, tt.ok)
			}
			if _, err := parseFragments(tt.data, nil); !tt.ok && !errors.Is(err, ingest.ErrMalformed) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What came encrypted leads to nothing that isn't, and the password goes to its host only.
func TestResolve(t *testing.T) {
	tests := []struct{ base, uri, want string }{
		{"https://u:p@h/live/a.m3u8", "b.ts", "https://u:p@h/live/b.ts"},
		{"https://u:p@h/a.m3u8", "https://other/b.ts", "https://other/b.ts"},
		{"https://u:p@h/a.m3u8", "http://h/b.ts", ""},
		{"http://u:p@h/a.m3u8", "https://h/b.ts", "https://h/b.ts"},
		{"http://h/a.m3u8", "file:///etc/passwd", ""},
	}
	for _, tt := range tests {
		base, err := url.Parse(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		got, err := resolve(base, tt.uri)
		if (err == nil) != (tt.want != "") || err == nil && got.String() != tt.want {
			t.Errorf("%s of %s: %v, %v", tt.uri, tt.base, got, err)
		}
	}
}

// A server must not be able to have its playlist asked for without a pause.
func TestTargetDurationIsBounded(t *testing.T) {
	for _, text := range []string{"0.000000001", "0.4", "1"} {
		r, err := parse([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:" + text + "\n#EXTINF:1,\n/0\n"))
		if err != nil || r.target != time.Second {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
}
