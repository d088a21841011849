package packager

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// RFC 8216bis §6.2.2: what a playlist lists can be fetched, however long the
// publisher was away.
func TestListedSegmentsOutliveAPause(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "a")
	src.run(31 * time.Second)
	s.End()
	src.base, src.frame, src.sound = media.TicksOf(5*time.Minute, 90000), 0, 0
	src.begin(t, "b")
	for range 8 {
		src.run(4 * time.Second)
		for _, name := range []string{"source", "audio"} {
			r := rendition(t, s, name)
			for _, listed := range r.Snapshot().closed {
				if _, err := r.Segment(listed.Epoch, Position{MSN: listed.MSN, Part: WholeSegment}); err != nil {
					t.Errorf("%s %d is listed: %v", name, listed.MSN, err)
				}
				if _, err := r.Init(listed.Epoch); err != nil {
					t.Errorf("%s %d needs the init of %s: %v", name, listed.MSN, listed.Epoch, err)
				}
			}
		}
	}
}

// §6.2.4: EXT-X-SERVER-CONTROL is the same in all playlists; §4.4.3.8: and holds
// back three parts of the longest kind.
func TestServerControlIsTheSameEverywhere(t *testing.T) {
	for _, fps := range [][2]int64{{15, 1}, {30, 1}, {60, 1}} {
		s := NewStream(Config{}, &nothing{})
		src := newSource(s, fps, int(2*fps[0]), 48000)
		src.begin(t, "p")
		src.run(8 * time.Second)
		seen := map[string]bool{}
		for _, name := range []string{"source", "audio"} {
			r := rendition(t, s, name)
			for line := range strings.Lines(string(r.Snapshot().Playlist(SkipNothing).Plain())) {
				if strings.HasPrefix(line, "#EXT-X-SERVER-CONTROL") {
					seen[line] = true
				}
			}
			if s.lists.params.LongestPart < r.PartTarget() {
				t.Errorf("%s has longer parts than are held back", name)
			}
		}
		if len(seen) != 1 {
			t.Errorf("%v fps: %v", fps, seen)
		}
	}
}

// The picture stops, the sound goes on: so does the stream. The last picture stands, unless
// there are too many pictures since the last keyframe: then there are gaps up to the next.
func TestSoundGoesOnWithoutPicture(t *testing.T) {
	for _, tt := range []struct{ keyFrames, stops, discontinuities int }{{60, 150, 0}, {2000, maxGroupPictures + 50, 1}} {
		s := NewStream(Config{Window: 5 * time.Minute}, &nothing{})
		src := newSource(s, [2]int64{30, 1}, tt.keyFrames, 48000)
		src.mute = func(frame int) bool { return frame > tt.stops && frame < tt.stops+450 }
		src.begin(t, "p")
		src.run(time.Duration(tt.stops)*time.Second/30 + 13*time.Second)
		audio, led := rendition(t, s, "audio"), rendition(t, s, "source").window.lastSegment()
		if after := audio.window.lastSegment().end().Sub(startTime); after < time.Duration(tt.stops)*time.Second/30+8*time.Second {
			t.Errorf("the sound has come to %v only", after)
		}
		if led.Gap != (tt.discontinuities > 0) {
			t.Errorf("a gap: %v", led.Gap)
		}
		src.run(30 * time.Second)
		for _, r := range []*playlist{rendition(t, s, "source"), audio} {
			playlist := string(r.Snapshot().Playlist(SkipNothing).Plain())
			if last := r.window.lastSegment(); last.Gap || strings.Count(playlist, "#EXT-X-DISCONTINUITY\n") != tt.discontinuities {
				t.Errorf("%s:\n%s", r.Name(), playlist)
			}
			for i, segment := range r.window.closed {
				if int(math.Round(segment.Duration.Seconds())) > s.lists.params.TargetDuration || segment.MSN != int64(i) {
					t.Errorf("%s: segment %d lasts %v", r.Name(), segment.MSN, segment.Duration)
				}
			}
		}
	}
}

// An encoder's word on its keyframes is not taken against the evidence.
func TestDeclaredIntervalIsBelied(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 95, 0)
	track := videoTrack()
	track.KeyInterval = 2 * time.Second
	if err := s.Begin(Epoch{ID: "p", Leader: "source", Tracks: map[string]media.Track{"source": track}}); err != nil {
		t.Fatal(err)
	}
	src.run(30 * time.Second)
	closed := rendition(t, s, "source").window.closed
	if len(closed) < 5 {
		t.Errorf("%d segments", len(closed))
	}
	for _, segment := range closed {
		if segment.Dependent {
			t.Errorf("segment %d begins without a keyframe", segment.MSN)
		}
	}
}

func TestPartPastTheEndMeansTheNextSegment(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "p")
	src.run(6010 * time.Millisecond) // segment 2 is whole, and 3 has no part yet
	snap := rendition(t, s, "source").Snapshot()
	if snap.OpenParts != 0 {
		t.Fatalf("%d parts of %d", snap.OpenParts, snap.LastMSN+1)
	}
	if snap.Has(Position{MSN: snap.LastMSN, Part: 50}) || !snap.Has(Position{MSN: snap.LastMSN, Part: 8}) {
		t.Error("a part past the end is said to be there, or one before it is not")
	}
	for _, far := range []Position{{snap.LastMSN + 3, 0}, {snap.LastMSN + 1, 20}, {snap.LastMSN + 2, 20}} {
		if !snap.isTooFar(far) {
			t.Errorf("%+v can be waited for", far)
		}
	}
}

// Sound that begins late is dated by when it begins, and is no gap.
func TestLateSound(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.sound = 48000 * 7 / 10
	src.begin(t, "p")
	src.run(7 * time.Second)
	r := rendition(t, s, "audio")
	first := r.window.closed[0]
	if late := first.ProgramDateTime.Sub(startTime); first.Gap || late < 690*time.Millisecond || late > 730*time.Millisecond {
		t.Errorf("the first segment begins after %v, gap %v", late, first.Gap)
	}
	if hole := r.window.closed[1].ProgramDateTime.Sub(first.end()).Abs(); hole > 22*time.Millisecond {
		t.Errorf("%v between the first two segments", hole)
	}
}

// A segment may last half a second longer than the target duration says (§4.4.3.1: it
// rounds to it), and has its sound up to its end.
func TestLongSegmentsKeepTheirSound(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{50, 1}, 417, 48000)
	src.begin(t, "p")
	src.run(30 * time.Second)
	if n := s.Counters().DroppedSamples; n > 0 {
		t.Errorf("%d samples were dropped", n)
	}
	for _, segment := range rendition(t, s, "audio").window.closed {
		for i, p := range segment.parts() {
			if target := rendition(t, s, "audio").PartTarget(); p.Duration > target {
				t.Errorf("part %d.%d lasts %v", segment.MSN, i, p.Duration)
			}
		}
	}
}
