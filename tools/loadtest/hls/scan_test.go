package hls

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// summary writes items as "msn.part uri duration end".
func summary(p *playlist) string {
	var b strings.Builder
	for _, it := range p.items {
		fmt.Fprintf(&b, "%d.%d %s %v", it.position.msn, it.position.part, it.uri, it.duration)
		if !it.end.IsZero() {
			b.WriteString(it.end.UTC().Format(" 05.000"))
		}
		if it.offset > 0 || it.length > 0 {
			fmt.Fprintf(&b, " %d@%d", it.length, it.offset)
		}
		if it.independent {
			b.WriteString(" independent")
		}
		if it.gap {
			b.WriteString(" gap")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestScanParts(t *testing.T) {
	var p playlist
	if err := p.scan(read(t, "parts.m3u8"), true, position{42, 1}); err != nil {
		t.Fatal(err)
	}
	want := `42.1 7f3a/source/42.1.m4s 200ms 02.400
43.0 7f3a/source/43.0.m4s 200ms 02.600 independent
43.1 7f3a/source/43.1.m4s 166.667ms 02.766
`
	if got := summary(&p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if p.end != (position{43, 2}) || string(p.hint.uri) != "7f3a/source/43.2.m4s" || string(p.initURI) != "7f3a/source/init.mp4" {
		t.Errorf("end %v, hint %q, init %q", p.end, p.hint.uri, p.initURI)
	}
	if !p.canBlock || p.ended || p.target != 2*time.Second || p.partTarget != 200*time.Millisecond ||
		p.partHoldBack != 600*time.Millisecond || p.holdBack != 6*time.Second {
		t.Errorf("%+v", p)
	}
}

func TestScan(t *testing.T) {
	tests := []struct {
		name, text string
		parts      bool
		want       string
		end        position
	}{
		{"segments", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10+0000\n#EXTINF:4,\na.ts\n#EXTINF:4.5,title\nb.ts\n",
			false, "7.0 a.ts 4s 14.000 independent\n8.0 b.ts 4.5s 18.500 independent\n", position{9, 0}},
		{"segments are no parts", "#EXTM3U\n#EXTINF:4,\na.ts\n", true, "", position{1, 0}},
		{"line ends", "#EXTM3U\r\n\r\n#EXTINF:4,\r\na.ts\r\n", false, "0.0 a.ts 4s independent\n", position{1, 0}},
		{"no line end", "#EXTM3U\n#EXTINF:4,\na.ts", false, "0.0 a.ts 4s independent\n", position{1, 0}},
		{"byte ranges", "#EXTM3U\n#EXT-X-PART:DURATION=1,URI=\"s\",BYTERANGE=\"100@0\"\n#EXT-X-PART:DURATION=1,URI=\"s\",BYTERANGE=\"50\"\n",
			true, "0.0 s 1s 100@0\n0.1 s 1s 50@100\n", position{0, 2}},
		{"segment ranges", "#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:10@5\ns\n#EXTINF:1,\n#EXT-X-BYTERANGE:7\ns\n", false,
			"0.0 s 1s 10@5 independent\n1.0 s 1s 7@15 independent\n", position{2, 0}},
		{"gaps", "#EXTM3U\n#EXT-X-GAP\n#EXT-X-PART:DURATION=1,URI=\"a\"\n#EXTINF:1,\nA\n#EXT-X-PART:DURATION=1,URI=\"b\",GAP=YES\n#EXT-X-PART:URI=\"c\",DURATION=1\n",
			true, "0.0 a 1s gap\n1.0 b 1s gap\n1.1 c 1s\n", position{1, 2}},
		{"a bad date is no date", "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXTINF:1,\na\n", false, "0.0 a 1s independent\n", position{1, 0}},
		{"a part without URI", "#EXTM3U\n#EXT-X-PART:DURATION=1\n", true, "", position{0, 1}},
		{"commas and names in quotes", "#EXTM3U\n#EXT-X-PART:X=\"URI=no,\",URI=\"a,b\",DURATION=1\n", true, "0.0 a,b 1s\n", position{0, 1}},
		{"numbers beyond reason", "#EXTM3U\n#EXTINF:99999999999999999999,\na\n", false, "0.0 a 277h46m40s independent\n", position{1, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p playlist
			if err := p.scan([]byte(tt.text), tt.parts, position{}); err != nil {
				t.Fatal(err)
			}
			if got := summary(&p); got != tt.want || p.end != tt.end {
				t.Errorf("got\n%send %v, want\n%send %v", got, p.end, tt.want, tt.end)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	var p playlist
	for text, want := range map[string]error{
		"":       errPlaylist,
		"<html>": errPlaylist,
		"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n#EXTINF:1,\na\n": errTooMuch,
		"#EXTM3U\n" + strings.Repeat("#EXTINF:1,\na\n", 2*maxItems):            errTooMuch,
	} {
		if err := p.scan([]byte(text), false, position{}); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	text, p := read(t, "parts.m3u8"), &playlist{items: make([]item, 0, 8)}
	if n := testing.AllocsPerRun(100, func() { _ = p.scan(text, true, position{43, 1}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScanPlaylist(f *testing.F) {
	f.Add(read(f, "parts.m3u8"), true, int64(42), int64(1))
	f.Add([]byte("#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:7@3\na.ts\n#EXT-X-ENDLIST"), false, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, parts bool, msn, part int64) {
		var p playlist
		from := position{msn, part}
		if err := p.scan(text, parts, from); err != nil {
			return
		}
		for i, it := range p.items {
			if it.position.before(from) || !it.position.before(p.end) || (i > 0 && !p.items[i-1].position.before(it.position)) {
				t.Fatalf("item %d is %v, from %v, end %v", i, it.position, from, p.end)
			}
			if it.duration < 0 || it.offset < 0 || it.length < 0 {
				t.Fatalf("item %d: %+v", i, it)
			}
		}
	})
}

func BenchmarkScanPlaylist(b *testing.B) {
	text, p := read(b, "parts.m3u8"), &playlist{}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := p.scan(text, true, position{43, 1}); err != nil {
			b.Fatal(err)
		}
	}
}
