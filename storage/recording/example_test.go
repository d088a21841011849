package recording_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// What a stream's packager is given is recorded, and is a recording when it is over.
func Example() {
	dir, err := os.MkdirTemp("", "library")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	packaging := packager.Config{SegmentDuration: 2 * time.Second}.WithDefaults()
	library, err := recording.Open(recording.Config{
		Dir: dir, Packager: packaging, Log: slog.New(slog.DiscardHandler),
		Policy: func(context.Context, media.StreamID) (recording.Policy, error) {
			return recording.Policy{Title: "The Show", Record: true}, nil
		},
		Replicas: nil, // buckets: see package replication
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer library.Close()
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- library.Run(ctx) }()

	recorder := library.Recorder("show")
	stream := packager.NewStream(packaging, recorder)
	publish(stream, 10*time.Second)
	stream.Finish()
	recorder.Finish()

	for !library.Recorded("show") {
		time.Sleep(time.Millisecond) // made in the background
	}
	stop()
	if err := <-stopped; err != nil {
		fmt.Println(err)
	}
	all, err := library.List(context.Background(), "show")
	for _, r := range all {
		fmt.Println(r.Title, time.Duration(r.DurationMS)*time.Millisecond, err)
	}
	// Output: The Show 10.005s <nil>
}

// publish gives a stream so much sound.
func publish(stream *packager.Stream, length time.Duration) {
	track := media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}
	err := stream.Begin(packager.Epoch{
		ID: "4f1c2e9d0b7a", Leader: "audio", Tracks: map[string]media.Track{"audio": track}, Clock: media.Clock{Start: time.Now()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for at := media.Ticks(0); at < media.TicksOf(length, 48000); at += 1024 {
		stream.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 32)})
	}
	stream.End()
}
