package hls_test

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// A live playlist of one whole segment, and the first part of the next.
func ExampleMediaPlaylist_Append() {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := hls.MediaPlaylist{
		Header: hls.Header{
			TargetDuration: 2, PartTarget: time.Second, HoldBack: 6 * time.Second, PartHoldBack: 3 * time.Second,
			MediaSequence: 7, IndependentSegments: true,
		},
		Segments: []hls.Segment{
			{URI: "7.m4s", Duration: 2 * time.Second, ProgramDateTime: at, Map: "init.mp4"},
			{
				Open: true, ProgramDateTime: at.Add(2 * time.Second), Map: "init.mp4",
				Parts: []hls.Part{{URI: "8.0.m4s", Duration: time.Second, Independent: true}},
			},
		},
		Tail: hls.Tail{PreloadHint: "8.1.m4s"},
	}
	fmt.Printf("%s", p.Append(nil))
	// Output:
	// #EXTM3U
	// #EXT-X-VERSION:9
	// #EXT-X-TARGETDURATION:2
	// #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.000000,HOLD-BACK=6.000000
	// #EXT-X-PART-INF:PART-TARGET=1.000000
	// #EXT-X-MEDIA-SEQUENCE:7
	// #EXT-X-DISCONTINUITY-SEQUENCE:0
	// #EXT-X-INDEPENDENT-SEGMENTS
	// #EXT-X-MAP:URI="init.mp4"
	// #EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.000Z
	// #EXTINF:2.000000,
	// 7.m4s
	// #EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:02.000Z
	// #EXT-X-PART:DURATION=1.000001,URI="8.0.m4s",INDEPENDENT=YES
	// #EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.1.m4s"
}
