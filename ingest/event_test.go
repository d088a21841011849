package ingest

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestEventsFollowTheSamplesTime(t *testing.T) {
	const start = 50_000
	tests := []struct {
		name string
		raw  int64
		want time.Duration
	}{
		{"beside a sample", start + 500, 500 * time.Millisecond},
		{"ahead of the samples", start + 60_000, time.Minute},
		{"before the beginning", start - 100, 0},
		{"never stamped", 0, time.Second},
		{"absurd", start + 3_600_000, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 32)
			if err := s.SetVideo(media.H264, sets); err != nil {
				t.Fatal(err)
			}
			for ms := int64(0); ms <= 1000; ms += 40 {
				now := arrival.Add(time.Duration(ms) * time.Millisecond)
				if err := s.VideoBody(start+ms, 0, picture(ms == 0), 4, now); err != nil {
					t.Fatal(err)
				}
			}
			s.Event(tt.raw, media.Event{Kind: media.EventTextData})
			if len(sink.events) != 1 || sink.events[0].Time != ticks(tt.want) {
				t.Errorf("got %+v, want %v", sink.events, tt.want)
			}
			if len(sink.repairs) > 0 {
				t.Errorf("repairs %v", sink.repairs)
			}
		})
	}
}

func TestEventsAcrossTheWrap(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, media.VideoTimescale, 33)
	if err := s.SetVideo(media.H264, sets); err != nil {
		t.Fatal(err)
	}
	if err := s.VideoBody(1<<33-90_000, 0, picture(true), 4, arrival); err != nil {
		t.Fatal(err)
	}
	s.Event(90_000, media.Event{})
	if got := sink.events[0].Time; got != 180_000 {
		t.Errorf("got %d", got)
	}
}

func TestEarlyEventsWaitForTheFirstSample(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	for i := range int64(100) {
		s.Event(5000+i, media.Event{})
	}
	s.EventNow(media.Event{})
	if len(sink.events) > 0 {
		t.Fatal("an event without a time")
	}
	if err := s.SetVideo(media.H264, sets); err != nil {
		t.Fatal(err)
	}
	if err := s.VideoBody(3000, 0, picture(true), 4, arrival); err != nil {
		t.Fatal(err)
	}
	if len(sink.events) != maxEarlyEvents || sink.events[0].Time != ticks(2*time.Second) {
		t.Errorf("%d events, the first at %d", len(sink.events), sink.events[0].Time)
	}
}
