package hls

import (
	"strings"
	"testing"
	"time"
)

func TestHeaderAndTail(t *testing.T) {
	for _, tt := range []struct {
		name   string
		p      MediaPlaylist
		want   []string
		unlike []string
	}{
		{"whole", MediaPlaylist{Header: Header{TargetDuration: 2}}, []string{"#EXT-X-VERSION:9\n"}, []string{"SERVER-CONTROL", "SKIP", "PRELOAD", "ENDLIST"}},
		{"a delta update", MediaPlaylist{Header: Header{Skip: &Skip{Segments: 3}}},
			[]string{"#EXT-X-VERSION:9\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n"}, []string{"DATERANGES"}},
		// RFC 8216bis §8: RECENTLY-REMOVED-DATERANGES needs version 10.
		{"a delta update without date ranges", MediaPlaylist{Header: Header{Skip: &Skip{Segments: 3, DateRanges: true, RemovedDateRanges: []string{"a", "b"}}}},
			[]string{"#EXT-X-VERSION:10\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"a\tb\"\n"}, nil},
		{"low latency", MediaPlaylist{
			Header: Header{HoldBack: 6 * time.Second, PartTarget: 250 * time.Millisecond, PartHoldBack: 750 * time.Millisecond, CanSkipUntil: 12 * time.Second},
			Tail:   Tail{PreloadHint: "p/v/4.1.m4s", RenditionReports: []RenditionReport{{URI: "a.m3u8", LastMSN: 4}, {URI: "b.m3u8", LastMSN: 3, LastPart: -1}}},
		}, []string{
			"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,CAN-SKIP-DATERANGES=YES,PART-HOLD-BACK=0.750000,HOLD-BACK=6.000000\n",
			"#EXT-X-PART-INF:PART-TARGET=0.250000\n", "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p/v/4.1.m4s\"\n",
			"URI=\"a.m3u8\",LAST-MSN=4,LAST-PART=0\n", "URI=\"b.m3u8\",LAST-MSN=3\n",
		}, nil},
		{"without parts", MediaPlaylist{Header: Header{HoldBack: 6 * time.Second, PartHoldBack: time.Second}},
			[]string{"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.000000\n"}, []string{"PART"}},
		// hls.js must not end at a segment: it takes that for the next one as well.
		{"between publications", MediaPlaylist{Segments: []Segment{{URI: "4.m4s"}}, Tail: Tail{Pending: true}}, []string{"4.m4s\n# nothing more yet\n"}, nil},
		{"with a part to come", MediaPlaylist{Tail: Tail{Pending: true, PreloadHint: "5.0.m4s"}}, []string{"5.0.m4s"}, []string{"# "}},
		{"with other renditions", MediaPlaylist{Tail: Tail{Pending: true, RenditionReports: []RenditionReport{{URI: "a.m3u8"}}}}, []string{"a.m3u8"}, []string{"# "}},
		{"over", MediaPlaylist{Tail: Tail{Pending: true, EndList: true}}, []string{"#EXT-X-ENDLIST\n"}, []string{"# "}},
		{"ended", MediaPlaylist{Header: Header{Type: VOD}, Tail: Tail{PreloadHint: "p/v/4.1.m4s", EndList: true}},
			[]string{"#EXT-X-PLAYLIST-TYPE:VOD\n", "#EXT-X-ENDLIST\n"}, []string{"PRELOAD"}},
	} {
		got := string(tt.p.Append(nil))
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", tt.name, want, got)
			}
		}
		for _, unwanted := range tt.unlike {
			if strings.Contains(got, unwanted) {
				t.Errorf("%s: %s in\n%s", tt.name, unwanted, got)
			}
		}
	}
}

// Durations are written to the nearest microsecond, those of parts to the next one above
// what is cut off.
func TestDurationsAreRounded(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0:                              {"0.000000", "0.000001"},
		1499 * time.Nanosecond:         {"0.000001", "0.000002"},
		1500 * time.Nanosecond:         {"0.000002", "0.000002"},
		time.Second - time.Microsecond: {"0.999999", "1.000000"},
		2002 * time.Millisecond:        {"2.002000", "2.002001"},
		100*time.Second + 20*time.Millisecond + 3*time.Microsecond: {"100.020003", "100.020004"},
	} {
		if whole, part := string(appendSeconds(nil, d)), string(appendPartSeconds(nil, d)); whole != want[0] || part != want[1] {
			t.Errorf("%v: %s and %s, want %v", d, whole, part, want)
		}
	}
}

func TestSegmentTags(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 5e6, time.UTC)
	s := Segment{URI: "p/v/1.m4s", Duration: 2 * time.Second, ProgramDateTime: at, Map: "p/v/init.mp4", Range: ByteRange{Offset: 120, Length: 3456}}
	want := "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.005Z\n#EXTINF:2.000000,\n#EXT-X-BYTERANGE:3456@120\np/v/1.m4s\n"
	if got := string(s.Append(nil, "p/v/init.mp4")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s = Segment{
		Open: true, ProgramDateTime: at, Map: "p/v/init.mp4", Discontinuity: true, Gap: true,
		Parts: []Part{{URI: "p/v/2.0.m4s", Duration: time.Second, Independent: true}, {URI: "p/v/2.1.m4s", Duration: time.Second}},
	}
	want = "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"p/v/init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.005Z\n#EXT-X-GAP\n" +
		"#EXT-X-PART:DURATION=1.000001,URI=\"p/v/2.0.m4s\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1.000001,URI=\"p/v/2.1.m4s\"\n"
	if got := string(s.Append(nil, "o/v/init.mp4")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
