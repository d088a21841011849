package packager_test

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// A stream of sound: samples are written as they come, and the playlist lists what was made of
// them. Nothing is recorded.
func Example() {
	stream := packager.NewStream(packager.Config{PartDuration: 500 * time.Millisecond}, packager.Discard{})
	track := media.Track{
		Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024,
	}
	err := stream.Begin(packager.Epoch{
		ID: "k3v9", Leader: "audio", Tracks: map[string]media.Track{"audio": track},
		Clock: media.Clock{Start: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for at := media.Ticks(0); at < 3*48000; at += 1024 {
		stream.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 340)})
	}
	audio, _ := stream.Rendition("audio")
	fmt.Printf("%s\n", audio.Snapshot().Playlist(packager.SkipNothing).Plain())

	segment, err := audio.Segment("k3v9", packager.Position{MSN: 0, Part: packager.WholeSegment})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("segment 0: %v, %d bytes in %d parts", segment.Duration.Round(time.Millisecond), segment.Size, segment.PartCount())
	// Output:
	// #EXTM3U
	// #EXT-X-VERSION:9
	// #EXT-X-TARGETDURATION:2
	// #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,CAN-SKIP-DATERANGES=YES,PART-HOLD-BACK=1.473003,HOLD-BACK=6.000000
	// #EXT-X-PART-INF:PART-TARGET=0.491001
	// #EXT-X-MEDIA-SEQUENCE:0
	// #EXT-X-DISCONTINUITY-SEQUENCE:0
	// #EXT-X-INDEPENDENT-SEGMENTS
	// #EXT-X-MAP:URI="k3v9/audio/init.mp4"
	// #EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.000Z
	// #EXT-X-PART:DURATION=0.469334,URI="k3v9/audio/0.0.m4s",INDEPENDENT=YES
	// #EXT-X-PART:DURATION=0.426667,URI="k3v9/audio/0.1.m4s",INDEPENDENT=YES
	// #EXT-X-PART:DURATION=0.426667,URI="k3v9/audio/0.2.m4s",INDEPENDENT=YES
	// #EXT-X-PART:DURATION=0.426667,URI="k3v9/audio/0.3.m4s",INDEPENDENT=YES
	// #EXT-X-PART:DURATION=0.256001,URI="k3v9/audio/0.4.m4s",INDEPENDENT=YES
	// #EXTINF:2.005333,
	// k3v9/audio/0.m4s
	// #EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:02.005Z
	// #EXT-X-PART:DURATION=0.469334,URI="k3v9/audio/1.0.m4s",INDEPENDENT=YES
	// #EXT-X-PART:DURATION=0.426667,URI="k3v9/audio/1.1.m4s",INDEPENDENT=YES
	// #EXT-X-PRELOAD-HINT:TYPE=PART,URI="k3v9/audio/1.2.m4s"
	//
	// segment 0: 2.005s, 34104 bytes in 5 parts
}
