package hls

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// linesOf are the lines of a playlist that hold a tag.
func linesOf(playlist []byte, tag string) (lines []string) {
	for line := range strings.Lines(string(playlist)) {
		name, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if name == "#"+tag {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// tagTest is what a playlist says in one tag; "" if it doesn't have the tag.
type tagTest struct {
	name string
	from interface{ Append([]byte) []byte }
	want string
}

func checkTag(t *testing.T, section, tag string, tests []tagTest) {
	t.Run(section+" "+tag, func(t *testing.T) {
		for _, tt := range tests {
			var want []string
			if tt.want != "" {
				want = []string{"#" + tag + strings.TrimSuffix(":"+tt.want, ":present")}
			}
			text := tt.from.Append(nil)
			if got := linesOf(text, tag); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q in\n%s", tt.name, got, want, text)
			}
		}
	})
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 5e6, time.UTC)

// Every tag of a media playlist, by the sections of RFC 8216bis: first with nothing that may be
// left out, then with each attribute in the order of the section, then with all.
func TestMediaPlaylistTags(t *testing.T) {
	header := func(h Header) MediaPlaylist { return MediaPlaylist{Header: h} }
	tail := func(l Tail) MediaPlaylist { return MediaPlaylist{Tail: l} }
	segment := func(s ...Segment) MediaPlaylist { return MediaPlaylist{Segments: s} }
	part := func(p Part) MediaPlaylist { return segment(Segment{Open: true, Parts: []Part{p}}) }

	checkTag(t, "§4.4.1.1", "EXTM3U", []tagTest{{"always", header(Header{}), "present"}})
	checkTag(t, "§4.4.1.2", "EXT-X-VERSION", []tagTest{
		{"whole", header(Header{}), "9"},
		{"delta update", header(Header{Skip: &Skip{Segments: 1}}), "9"},
		{"delta update without date ranges", header(Header{Skip: &Skip{DateRanges: true}}), "10"},
	})
	checkTag(t, "§4.4.2.1", "EXT-X-INDEPENDENT-SEGMENTS", []tagTest{
		{"no", header(Header{}), ""}, {"yes", header(Header{IndependentSegments: true}), "present"},
	})
	checkTag(t, "§4.4.3.1", "EXT-X-TARGETDURATION", []tagTest{{"two seconds", header(Header{TargetDuration: 2}), "2"}})
	checkTag(t, "§4.4.3.2", "EXT-X-MEDIA-SEQUENCE", []tagTest{
		{"the first", header(Header{}), "0"}, {"a large number", header(Header{MediaSequence: 1 << 40}), "1099511627776"},
	})
	checkTag(t, "§4.4.3.3", "EXT-X-DISCONTINUITY-SEQUENCE", []tagTest{
		{"none", header(Header{}), "0"}, {"three", header(Header{DiscontinuitySequence: 3}), "3"},
	})
	checkTag(t, "§4.4.3.4", "EXT-X-ENDLIST", []tagTest{{"live", tail(Tail{}), ""}, {"ended", tail(Tail{EndList: true}), "present"}})
	checkTag(t, "§4.4.3.5", "EXT-X-PLAYLIST-TYPE", []tagTest{
		{"live", header(Header{}), ""}, {"event", header(Header{Type: Event}), "EVENT"}, {"on demand", header(Header{Type: VOD}), "VOD"},
	})
	checkTag(t, "§4.4.3.6", "EXT-X-I-FRAMES-ONLY", []tagTest{{"no", header(Header{}), ""}, {"yes", header(Header{IFramesOnly: true}), "present"}})
	checkTag(t, "§4.4.3.7", "EXT-X-PART-INF", []tagTest{
		{"no parts", header(Header{}), ""}, {"PART-TARGET", header(Header{PartTarget: 250 * time.Millisecond}), "PART-TARGET=0.250000"},
	})
	checkTag(t, "§4.4.3.8", "EXT-X-SERVER-CONTROL", []tagTest{
		{"no server", header(Header{PartTarget: time.Second, PartHoldBack: time.Second, CanSkipUntil: time.Second}), ""},
		{"HOLD-BACK", header(Header{HoldBack: 6 * time.Second}), "CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.000000"},
		{"CAN-SKIP-UNTIL and CAN-SKIP-DATERANGES", header(Header{HoldBack: 6 * time.Second, CanSkipUntil: 12 * time.Second}),
			"CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,CAN-SKIP-DATERANGES=YES,HOLD-BACK=6.000000"},
		{"PART-HOLD-BACK", header(Header{HoldBack: 6 * time.Second, PartTarget: time.Second, PartHoldBack: 3 * time.Second}),
			"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.000000,HOLD-BACK=6.000000"},
		{"PART-HOLD-BACK without parts", header(Header{HoldBack: 6 * time.Second, PartHoldBack: 3 * time.Second}), "CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.000000"},
		{"all", header(Header{HoldBack: 6 * time.Second, CanSkipUntil: 12 * time.Second, PartTarget: time.Second, PartHoldBack: 3 * time.Second}),
			"CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,CAN-SKIP-DATERANGES=YES,PART-HOLD-BACK=3.000000,HOLD-BACK=6.000000"},
	})
	checkTag(t, "§4.4.4.1", "EXTINF", []tagTest{
		{"open", segment(Segment{Open: true}), ""},
		{"nothing", segment(Segment{}), "0.000000,"},
		{"rounded down", segment(Segment{Duration: 2*time.Second + 499}), "2.000000,"},
		{"rounded up", segment(Segment{Duration: 2*time.Second + 500}), "2.000001,"},
	})
	checkTag(t, "§4.4.4.2", "EXT-X-BYTERANGE", []tagTest{
		{"the whole", segment(Segment{}), ""},
		{"length", segment(Segment{Range: ByteRange{Length: 10}}), "10@0"},
		{"length and offset", segment(Segment{Range: ByteRange{Offset: 5, Length: 10}}), "10@5"},
		{"open", segment(Segment{Open: true, Range: ByteRange{Length: 10}}), ""},
	})
	checkTag(t, "§4.4.4.3", "EXT-X-DISCONTINUITY", []tagTest{{"no", segment(Segment{}), ""}, {"yes", segment(Segment{Discontinuity: true}), "present"}})
	checkTag(t, "§4.4.4.5", "EXT-X-MAP", []tagTest{
		{"none", segment(Segment{}), ""},
		{"URI", segment(Segment{Map: "p/init.mp4"}), `URI="p/init.mp4"`},
		{"the same again", segment(Segment{Map: "p/init.mp4"}, Segment{Map: "p/init.mp4"}), `URI="p/init.mp4"`},
	})
	checkTag(t, "§4.4.4.6", "EXT-X-PROGRAM-DATE-TIME", []tagTest{
		{"UTC", segment(Segment{ProgramDateTime: noon}), "2026-11-23T12:00:00.005Z"},
		{"another zone", segment(Segment{ProgramDateTime: noon.In(time.FixedZone("KST", 9*3600))}), "2026-11-23T12:00:00.005Z"},
	})
	checkTag(t, "§4.4.4.7", "EXT-X-GAP", []tagTest{{"no", segment(Segment{}), ""}, {"yes", segment(Segment{Gap: true}), "present"}})
	checkTag(t, "§4.4.4.9", "EXT-X-PART", []tagTest{
		{"none", segment(Segment{Open: true}), ""},
		{"URI and DURATION", part(Part{URI: "4.0.m4s", Duration: 250 * time.Millisecond}), `DURATION=0.250001,URI="4.0.m4s"`},
		{"INDEPENDENT", part(Part{URI: "4.0.m4s", Independent: true}), `DURATION=0.000001,URI="4.0.m4s",INDEPENDENT=YES`},
	})
	checkTag(t, "§4.4.5.2", "EXT-X-SKIP", []tagTest{
		{"whole", header(Header{}), ""},
		{"SKIPPED-SEGMENTS", header(Header{Skip: &Skip{Segments: 3}}), "SKIPPED-SEGMENTS=3"},
		{"SKIPPED-SEGMENTS only", header(Header{Skip: &Skip{Segments: 3, RemovedDateRanges: []string{"a"}}}), "SKIPPED-SEGMENTS=3"},
		{"nothing removed", header(Header{Skip: &Skip{DateRanges: true}}), `SKIPPED-SEGMENTS=0,RECENTLY-REMOVED-DATERANGES=""`},
		{"RECENTLY-REMOVED-DATERANGES", header(Header{Skip: &Skip{Segments: 3, DateRanges: true, RemovedDateRanges: []string{"a", "b"}}}),
			"SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"a\tb\""},
	})
	checkTag(t, "§4.4.5.3", "EXT-X-PRELOAD-HINT", []tagTest{
		{"none", tail(Tail{}), ""},
		{"TYPE and URI", tail(Tail{PreloadHint: "4.1.m4s"}), `TYPE=PART,URI="4.1.m4s"`},
		{"ended", tail(Tail{PreloadHint: "4.1.m4s", EndList: true}), ""},
	})
	checkTag(t, "§4.4.5.4", "EXT-X-RENDITION-REPORT", []tagTest{
		{"none", tail(Tail{}), ""},
		{"URI and LAST-MSN", tail(Tail{RenditionReports: []RenditionReport{{URI: "a.m3u8", LastMSN: 7, LastPart: -1}}}), `URI="a.m3u8",LAST-MSN=7`},
		{"LAST-PART", tail(Tail{RenditionReports: []RenditionReport{{URI: "a.m3u8"}}}), `URI="a.m3u8",LAST-MSN=0,LAST-PART=0`},
	})
}

func TestDateRangeTag(t *testing.T) {
	at := func(d DateRange) MediaPlaylist {
		d.ID, d.Start = "a", noon
		return MediaPlaylist{Header: Header{DateRanges: []DateRange{d}}}
	}
	const start = `START-DATE="2026-11-23T12:00:00.005Z"`
	zero, length := time.Duration(0), 1500*time.Millisecond
	checkTag(t, "§4.4.5.1", "EXT-X-DATERANGE", []tagTest{
		{"none", MediaPlaylist{}, ""},
		{"ID and START-DATE", at(DateRange{}), `ID="a",` + start},
		{"CLASS", at(DateRange{Class: "c"}), `ID="a",CLASS="c",` + start},
		{"DURATION", at(DateRange{Duration: &length}), `ID="a",` + start + ",DURATION=1.500000"},
		{"DURATION of nothing", at(DateRange{Duration: &zero}), `ID="a",` + start + ",DURATION=0.000000"},
		{"PLANNED-DURATION", at(DateRange{Planned: length}), `ID="a",` + start + ",PLANNED-DURATION=1.500000"},
		{"DURATION instead of PLANNED-DURATION", at(DateRange{Duration: &length, Planned: time.Hour}), `ID="a",` + start + ",DURATION=1.500000"},
		{"X-", at(DateRange{Attributes: []Attribute{{"X-B", "2"}, {"X-A", ""}}}), `ID="a",` + start + `,X-B="2",X-A=""`},
		{"SCTE35-CMD", at(DateRange{Splice: Splice{Command: []byte{0xfc, 1}}}), `ID="a",` + start + ",SCTE35-CMD=0xFC01"},
		{"SCTE35-OUT", at(DateRange{Splice: Splice{Out: []byte{0xfc}}}), `ID="a",` + start + ",SCTE35-OUT=0xFC"},
		{"SCTE35-IN", at(DateRange{Splice: Splice{In: []byte{0xfc}}}), `ID="a",` + start + ",SCTE35-IN=0xFC"},
		{"all", at(DateRange{Class: "c", Duration: &length, Splice: Splice{Command: []byte{1}, Out: []byte{2}, In: []byte{3}}, Attributes: []Attribute{{"X-A", "1"}}}),
			`ID="a",CLASS="c",` + start + `,DURATION=1.500000,SCTE35-CMD=0x01,SCTE35-OUT=0x02,SCTE35-IN=0x03,X-A="1"`},
	})
}

// Every tag of a multivariant playlist.
func TestMultivariantTags(t *testing.T) {
	audio := func(a AudioRendition) Multivariant { return Multivariant{Audio: []AudioRendition{a}} }
	captions := func(c CaptionRendition) Multivariant { return Multivariant{Captions: []CaptionRendition{c}} }
	variant := func(v Variant) Multivariant { return Multivariant{Variants: []Variant{v}} }
	format := func(f Format) Multivariant { return variant(Variant{Format: f}) }
	iFrames := func(f Format) Multivariant { return Multivariant{IFrames: []IFrameVariant{{f}}} }

	checkTag(t, "§4.4.1.1", "EXTM3U", []tagTest{{"always", Multivariant{}, "present"}})
	checkTag(t, "§4.4.1.2", "EXT-X-VERSION", []tagTest{{"always", Multivariant{}, "9"}})
	checkTag(t, "§4.4.2.1", "EXT-X-INDEPENDENT-SEGMENTS", []tagTest{
		{"no", Multivariant{}, ""}, {"yes", Multivariant{IndependentSegments: true}, "present"},
	})
	checkTag(t, "§4.4.6.1", "EXT-X-MEDIA", []tagTest{
		{"none", Multivariant{}, ""},
		{"sound", audio(AudioRendition{GroupID: "g", Name: "Main", StableID: "s", URI: "a.m3u8"}),
			`TYPE=AUDIO,GROUP-ID="g",NAME="Main",STABLE-RENDITION-ID="s",AUTOSELECT=YES,URI="a.m3u8"`},
		{"DEFAULT", audio(AudioRendition{GroupID: "g", Name: "Main", StableID: "s", URI: "a.m3u8", Default: true}),
			`TYPE=AUDIO,GROUP-ID="g",NAME="Main",STABLE-RENDITION-ID="s",DEFAULT=YES,AUTOSELECT=YES,URI="a.m3u8"`},
		{"CHANNELS", audio(AudioRendition{GroupID: "g", Name: "Main", StableID: "s", URI: "a.m3u8", Channels: 2}),
			`TYPE=AUDIO,GROUP-ID="g",NAME="Main",STABLE-RENDITION-ID="s",AUTOSELECT=YES,CHANNELS="2",URI="a.m3u8"`},
		{"captions", captions(CaptionRendition{GroupID: "c", Name: "English", InstreamID: "CC1"}),
			`TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="English",AUTOSELECT=YES,INSTREAM-ID="CC1"`},
		{"DEFAULT captions", captions(CaptionRendition{GroupID: "c", Name: "English", InstreamID: "SERVICE1", Default: true}),
			`TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="English",DEFAULT=YES,AUTOSELECT=YES,INSTREAM-ID="SERVICE1"`},
	})
	checkTag(t, "§4.4.6.2", "EXT-X-STREAM-INF", []tagTest{
		{"none", Multivariant{}, ""},
		{"BANDWIDTH", format(Format{Bandwidth: 1000}), `BANDWIDTH=1000,CODECS=""`},
		{"AVERAGE-BANDWIDTH", format(Format{AverageBandwidth: 900}), `BANDWIDTH=0,AVERAGE-BANDWIDTH=900,CODECS=""`},
		{"SCORE", format(Format{Score: 2}), `BANDWIDTH=0,SCORE=2,CODECS=""`},
		{"CODECS", format(Format{Codecs: []string{"avc1.64001e", "mp4a.40.2"}}), `BANDWIDTH=0,CODECS="avc1.64001e,mp4a.40.2"`},
		{"RESOLUTION", format(Format{Width: 640, Height: 360}), `BANDWIDTH=0,CODECS="",RESOLUTION=640x360`},
		{"FRAME-RATE", variant(Variant{FrameRate: 29970}), `BANDWIDTH=0,CODECS="",FRAME-RATE=29.970`},
		{"FRAME-RATE with zeros", variant(Variant{FrameRate: 60005}), `BANDWIDTH=0,CODECS="",FRAME-RATE=60.005`},
		{"VIDEO-RANGE", format(Format{VideoRange: "PQ"}), `BANDWIDTH=0,CODECS="",VIDEO-RANGE=PQ`},
		{"STABLE-VARIANT-ID", format(Format{StableID: "v"}), `BANDWIDTH=0,CODECS="",STABLE-VARIANT-ID="v"`},
		{"AUDIO", variant(Variant{AudioGroup: "g"}), `BANDWIDTH=0,CODECS="",AUDIO="g"`},
		{"CLOSED-CAPTIONS", variant(Variant{CaptionGroup: "c"}), `BANDWIDTH=0,CODECS="",CLOSED-CAPTIONS="c"`},
		{"no CLOSED-CAPTIONS", variant(Variant{CaptionGroup: NoCaptions}), `BANDWIDTH=0,CODECS="",CLOSED-CAPTIONS=NONE`},
		{"all", variant(Variant{
			Format:    Format{Bandwidth: 1000, AverageBandwidth: 900, Score: 2, Codecs: []string{"hvc1"}, Width: 640, Height: 360, VideoRange: "HLG", StableID: "v"},
			FrameRate: 25000, AudioGroup: "g", CaptionGroup: "c",
		}), `BANDWIDTH=1000,AVERAGE-BANDWIDTH=900,SCORE=2,CODECS="hvc1",RESOLUTION=640x360,VIDEO-RANGE=HLG,STABLE-VARIANT-ID="v",FRAME-RATE=25.000,AUDIO="g",CLOSED-CAPTIONS="c"`},
	})
	checkTag(t, "§4.4.6.3", "EXT-X-I-FRAME-STREAM-INF", []tagTest{
		{"none", Multivariant{}, ""},
		{"BANDWIDTH and URI", iFrames(Format{URI: "v.iframes.m3u8", Bandwidth: 100}), `BANDWIDTH=100,CODECS="",URI="v.iframes.m3u8"`},
		{"all", iFrames(Format{URI: "v.iframes.m3u8", Bandwidth: 100, AverageBandwidth: 90, Score: 1, Codecs: []string{"avc1"}, Width: 640, Height: 360, VideoRange: "SDR", StableID: "v"}),
			`BANDWIDTH=100,AVERAGE-BANDWIDTH=90,SCORE=1,CODECS="avc1",RESOLUTION=640x360,VIDEO-RANGE=SDR,STABLE-VARIANT-ID="v",URI="v.iframes.m3u8"`},
	})
	checkTag(t, "§4.4.6.6", "EXT-X-CONTENT-STEERING", []tagTest{
		{"none", Multivariant{}, ""}, {"SERVER-URI and PATHWAY-ID", Multivariant{SteeringURI: "steering.json"}, `SERVER-URI="steering.json",PATHWAY-ID="."`},
	})
}
