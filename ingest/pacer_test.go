package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// arrivals is a Sink that notes when samples come.
type arrivals struct {
	Sink
	at []time.Time
}

func (a *arrivals) SetTrack(media.Track) error { return nil }

func (a *arrivals) Write(media.Kind, media.Sample) error {
	a.at = append(a.at, time.Now())
	return nil
}

func TestPacer(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name   string
		lead   time.Duration
		behind bool
		dts    []time.Duration
		pauses map[int]time.Duration // before the sample
		want   []time.Duration       // when they pass
	}{
		{name: "a burst", dts: []time.Duration{0, second, 2 * second}, want: []time.Duration{0, second, 2 * second}},
		{name: "a lead", lead: 2 * second, dts: []time.Duration{0, second, 3 * second}, want: []time.Duration{0, 0, second}},
		{name: "it was late", dts: []time.Duration{0, second, 2 * second}, pauses: map[int]time.Duration{1: 5 * second}, want: []time.Duration{0, 5 * second, 6 * second}},
		{name: "too much waits", behind: true, dts: []time.Duration{0, second, 9 * second}, want: []time.Duration{0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := &arrivals{}
				p := &Pacer{Sink: sink, Done: t.Context().Done(), Lead: tt.lead, Behind: func() bool { return tt.behind }}
				begun := time.Now()
				_ = p.SetTrack(media.Track{Codec: media.H264, Timescale: media.VideoTimescale})
				for i, dts := range tt.dts {
					time.Sleep(tt.pauses[i])
					if err := p.Write(media.Video, media.Sample{DTS: media.TicksOf(dts, media.VideoTimescale)}); err != nil {
						t.Fatal(err)
					}
				}
				for i, want := range tt.want {
					if got := sink.at[i].Sub(begun); got != want {
						t.Errorf("sample %d passes at %v, want %v", i, got, want)
					}
				}
			})
		})
	}
}

// The end of the context ends a wait.
func TestPacerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &Pacer{Sink: &arrivals{}, Done: ctx.Done()}
		_ = p.SetTrack(media.Track{Codec: media.H264, Timescale: media.VideoTimescale})
		_ = p.Write(media.Video, media.Sample{})
		time.AfterFunc(time.Second, cancel)
		if err := p.Write(media.Video, media.Sample{DTS: media.TicksOf(time.Hour, media.VideoTimescale)}); !errors.Is(err, ErrShuttingDown) {
			t.Error(err)
		}
	})
}
