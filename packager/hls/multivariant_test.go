package hls

import (
	"strings"
	"testing"
)

func TestContentSteering(t *testing.T) {
	m := Multivariant{Variants: []Variant{{Format: Format{URI: "a.m3u8", Bandwidth: 1}}}}
	if text := string(m.Append(nil)); strings.Contains(text, "STEERING") {
		t.Errorf("without a server:\n%s", text)
	}
	m.SteeringURI = "steering.json"
	want := "#EXT-X-CONTENT-STEERING:SERVER-URI=\"steering.json\",PATHWAY-ID=\".\"\n"
	if text := string(m.Append(nil)); strings.Count(text, want) != 1 {
		t.Errorf("no %s in\n%s", want, text)
	}
}

// What is not known of a rendition is not said of it.
func TestMultivariantLeavesOutWhatIsNotKnown(t *testing.T) {
	bare := Multivariant{
		Audio:    []AudioRendition{{GroupID: "audio", Name: "Main", StableID: "audio", URI: "audio.m3u8"}},
		Variants: []Variant{{Format: Format{URI: "a.m3u8", Bandwidth: 1000, Codecs: []string{"mp4a.40.2"}}}},
	}
	want := `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",STABLE-RENDITION-ID="audio",AUTOSELECT=YES,URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="mp4a.40.2"
a.m3u8
`
	if got := string(bare.Append(nil)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	full := Multivariant{
		IndependentSegments: true, Query: "?start=1",
		Audio:    []AudioRendition{{GroupID: "audio", Name: "Main", StableID: "audio", URI: "audio.m3u8", Channels: 2, Default: true}},
		Captions: []CaptionRendition{{GroupID: "captions", Name: "CC1", InstreamID: "CC1"}},
		Variants: []Variant{
			{Format: Format{URI: "a.m3u8", Bandwidth: 1000, AverageBandwidth: 900, Score: 2, Codecs: []string{"avc1.64001e", "mp4a.40.2"}, Width: 640, Height: 360, VideoRange: "SDR", StableID: "a"},
				FrameRate: 29970, AudioGroup: "audio", CaptionGroup: "captions"},
			{Format: Format{URI: "b.m3u8", Bandwidth: 1}, FrameRate: 60005, CaptionGroup: NoCaptions},
		},
		IFrames: []IFrameVariant{{Format: Format{URI: "a.iframes.m3u8", Bandwidth: 100}}},
	}
	want = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",STABLE-RENDITION-ID="audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8?start=1"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="CC1",AUTOSELECT=YES,INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AVERAGE-BANDWIDTH=900,SCORE=2,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,VIDEO-RANGE=SDR,STABLE-VARIANT-ID="a",FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS="captions"
a.m3u8?start=1
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="",FRAME-RATE=60.005,CLOSED-CAPTIONS=NONE
b.m3u8?start=1
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,CODECS="",URI="a.iframes.m3u8?start=1"
`
	if got := string(full.Append(nil)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
