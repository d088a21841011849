package packager

import (
	"context"
	"errors"
	"testing"
	"time"
)

// What a playlist lists is found, from its first segment on, and nothing else is.
func TestPositionsAreFound(t *testing.T) {
	s := NewStream(Config{Window: 8 * time.Second}, &keeper{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "a")
	src.run(60500 * time.Millisecond)
	r := rendition(t, s, "source")
	snap := r.Snapshot()
	first := snap.closed[0].MSN
	if first < 20 || snap.OpenParts == 0 {
		t.Fatalf("from %d, %d open parts", first, snap.OpenParts)
	}
	if snap.findSegment(first) != snap.closed[0] || snap.findSegment(snap.LastMSN) != snap.closed[len(snap.closed)-1] || snap.findSegment(snap.LastMSN+1) != snap.open {
		t.Error("a listed segment is not found in the snapshot")
	}
	for _, msn := range []int64{-1, first - 1, snap.LastMSN + 2} {
		if found := snap.findSegment(msn); found != nil {
			t.Errorf("%d is found as %d", msn, found.MSN)
		}
	}
	for _, tt := range []struct {
		publication string
		at          Position
		want        error
	}{
		{"a", Position{first, WholeSegment}, nil},
		{"a", Position{first - 1, WholeSegment}, nil}, // left the playlist a moment ago
		{"a", Position{snap.LastMSN, 0}, nil},
		{"a", Position{snap.LastMSN + 1, 0}, nil},
		{"a", Position{snap.LastMSN + 1, WholeSegment}, ErrGone},
		{"b", Position{first, WholeSegment}, ErrGone},
		{"a", Position{0, WholeSegment}, ErrGone},
		{"a", Position{snap.LastMSN + 2, 0}, ErrGone},
	} {
		if got, err := r.Segment(tt.publication, tt.at); !errors.Is(err, tt.want) || err == nil && got.MSN != tt.at.MSN {
			t.Errorf("%s %+v: %v, want %v", tt.publication, tt.at, err, tt.want)
		}
	}
	if _, err := r.Init("b"); !errors.Is(err, ErrGone) {
		t.Errorf("an initialization section that was never there: %v", err)
	}
}

// Who waits hears why the wait is over.
func TestWaitsEnd(t *testing.T) {
	left := errors.New("the client has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "a")
	r := rendition(t, s, "source")
	if _, err := r.AwaitAny(ctx); !errors.Is(err, left) {
		t.Errorf("before the first segment: %v", err)
	}
	stopped := NewStream(Config{}, &nothing{})
	newSource(stopped, [2]int64{30, 1}, 60, 0).begin(t, "a")
	stopped.Halt()
	if _, err := rendition(t, stopped, "source").AwaitAny(ctx); !errors.Is(err, ErrHalted) {
		t.Errorf("of a server that stops before the first segment: %v", err)
	}
	src.run(5 * time.Second)
	next := r.Snapshot().LastMSN + 1
	if snap, err := r.AwaitAny(ctx); err != nil || snap.LastMSN != next-1 {
		t.Errorf("what is there: %v", err)
	}
	if _, err := r.Await(ctx, Position{next, WholeSegment}); !errors.Is(err, left) {
		t.Errorf("the next segment: %v", err)
	}
	if _, err := r.Await(ctx, Position{next + 5, WholeSegment}); !errors.Is(err, ErrTooFar) {
		t.Errorf("one far ahead: %v", err)
	}
	s.Halt()
	if _, err := r.Await(t.Context(), Position{next, WholeSegment}); !errors.Is(err, ErrHalted) {
		t.Errorf("of a server that stops: %v", err)
	}
}

// A stream is ready when all its renditions can be played, or when its leader has gone
// on for two segments without one of them.
func TestReady(t *testing.T) {
	for follower, want := range map[string]int64{"": 0, "240p": 1} {
		s := NewStream(Config{}, &nothing{})
		src := newSource(s, [2]int64{30, 1}, 60, 48000)
		src.begin(t, "a")
		if follower != "" {
			if err := s.SetTrack(follower, "a", videoTrack()); err != nil {
				t.Fatal(err)
			}
		}
		ready := func() bool {
			select {
			case <-s.Ready():
				return true
			default:
				return false
			}
		}
		for range 300 {
			if src.step(); ready() {
				break
			}
		}
		if last := rendition(t, s, "source").Snapshot().LastMSN; last != want || !ready() {
			t.Errorf("with %q: ready %v after segment %d, want %d", follower, ready(), last, want)
		}
	}
}

// A stream begins where the rendition does that lists most, and changes when any does.
func TestBeginsAndLastChange(t *testing.T) {
	s := NewStream(Config{Window: 2 * time.Minute}, &nothing{})
	if !s.Begins().IsZero() || !s.LastChange().IsZero() {
		t.Errorf("before the first publication: %v, %v", s.Begins(), s.LastChange())
	}
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "a")
	src.run(10 * time.Second)
	src.follower = "240p"
	if err := s.SetTrack("240p", "a", videoTrack()); err != nil {
		t.Fatal(err)
	}
	src.run(10 * time.Second)
	if late := rendition(t, s, "240p").Snapshot().closed; len(late) == 0 || !late[0].ProgramDateTime.After(startTime) || !s.Begins().Equal(startTime) {
		t.Errorf("begins at %v", s.Begins())
	}
	var last time.Time
	for _, r := range s.lists.lists {
		if made := r.LastChange(); made.After(last) {
			last = made
		}
	}
	if last.IsZero() || !s.LastChange().Equal(last) {
		t.Errorf("changed at %v, a rendition at %v", s.LastChange(), last)
	}
}
