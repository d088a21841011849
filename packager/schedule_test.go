package packager

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// scheduled is a schedule with boundaries 2 s apart, of which the last follows a discontinuity.
func scheduled() *schedule {
	p := &schedule{segment: 2 * time.Second, lead: leader{scale: media.VideoTimescale, longest: 5 * 45000}}
	p.grid.addBoundary(0, false, 0)
	p.grid.addBoundary(180_000, false, 0)
	p.grid.addBoundary(900_000, true, 300_000)
	return p
}

func TestScheduleEnds(t *testing.T) {
	for _, tt := range []struct {
		name          string
		msn           int64
		length        media.Ticks // of the leader's segment, if it is closed
		expected      media.Ticks // by the leader, of the open segment
		end           media.Ticks
		expectedEnd   media.Ticks
		known, goesOn bool
	}{
		{name: "where the next one begins", msn: 0, end: 180_000, expectedEnd: 180_000, known: true, goesOn: true},
		{name: "before a discontinuity", msn: 1, end: 180_000 + 180_000, expectedEnd: 300_000, known: true},
		{name: "as the leader's", msn: 1, length: 100_000, end: 280_000, expectedEnd: 300_000, known: true},
		{name: "open", msn: 2, end: 900_000 + 180_000, expectedEnd: 900_000},
		{name: "open, with a leader that knows", msn: 2, expected: 90_000, end: 900_000 + 180_000, expectedEnd: 990_000, known: true},
	} {
		p := scheduled()
		p.lead.expected = tt.expected
		p.grid.setLength(tt.msn, tt.length)
		b, _ := p.grid.boundaryOf(tt.msn)
		if end := p.endOf(b); end != tt.end {
			t.Errorf("%s: it ends at %d, want %d", tt.name, end, tt.end)
		}
		if end, known := p.expectedEnd(tt.msn); end != tt.expectedEnd || known != tt.known {
			t.Errorf("%s: the end is expected at %d (%v), want %d (%v)", tt.name, end, known, tt.expectedEnd, tt.known)
		}
		if goesOn := p.goesOn(tt.msn); goesOn != tt.goesOn {
			t.Errorf("%s: goes on %v", tt.name, goesOn)
		}
	}
}

func TestScheduleBounds(t *testing.T) {
	for _, tt := range []struct {
		name      string
		msn       int64 // of the next segment
		start, at media.Ticks
		beyond    bool
	}{
		{"after a boundary", 1, 0, 500_000, false},
		{"before a discontinuity", 2, 180_000, 299_999, false},
		{"in the hole before one", 2, 180_000, 300_000, true},
		{"within the longest segment", 3, 900_000, 900_000 + 225_000, false},
		{"longer than that", 3, 900_000, 900_000 + 225_001, true},
	} {
		if beyond := scheduled().isBeyond(tt.msn, tt.start, tt.at); beyond != tt.beyond {
			t.Errorf("%s: beyond %v", tt.name, beyond)
		}
	}
}

func TestPictureTiming(t *testing.T) {
	p := pictureTiming{frame: 3000, step: 3000}
	for range 200 {
		p.learnFrame(3600, 22_500) // 25 frames a second, after 30
	}
	if p.frame < 3580 || p.frame > 3600 {
		t.Errorf("the frame duration is %d, want 3600", p.frame)
	}
	before := p.frame
	p.learnFrame(90_000, 22_500)
	if p.frame != before {
		t.Error("a pause changed the frame duration")
	}
	for n := range media.Ticks(maxPauses + 10) {
		p.notePause(n*100_000, n*100_000+p.frame) // no pause
		p.notePause(n*100_000, n*100_000+50_000)
	}
	if len(p.pauses) != maxPauses {
		t.Errorf("%d pauses are remembered", len(p.pauses))
	}
	if got := p.pausedTime(20*100_000+10_000, 22*100_000+20_000); got != 40_000+50_000+20_000 {
		t.Errorf("%d of the time had no pictures", got)
	}
}

func TestQueuesAreBounded(t *testing.T) {
	var q sampleQueue
	var tags id3Queue
	dropped := uint64(0)
	for n := range media.Ticks(maxQueued + 5) {
		dropped += q.addSample(media.Sample{DTS: n})
	}
	if len(q) != maxQueued || dropped != 5 || q[0].DTS != 5 {
		t.Errorf("%d samples are queued from %d on, %d dropped", len(q), q[0].DTS, dropped)
	}
	for n := range uint32(maxTags + 5) {
		tags.addTag(cmaf.ID3{ID: n, Time: media.Ticks(n)})
	}
	if len(tags) != maxTags || tags[0].ID != 5 {
		t.Errorf("%d tags are queued from %d on", len(tags), tags[0].ID)
	}
	if due := tags.takeBefore(10); len(due) != 5 || len(tags) != maxTags-5 {
		t.Errorf("%d tags are due, %d stay", len(due), len(tags))
	}
}

// A rendition that lacks pictures in the middle of a segment lists it as a gap, and goes on at
// the next boundary.
func TestSegmentThatLacksPicturesIsAGap(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "p")
	if err := s.SetTrack("240p", "p", videoTrack()); err != nil {
		t.Fatal(err)
	}
	for frame := range 6 * 60 {
		sample := media.Sample{DTS: src.dts(frame), KeyFrame: frame%60 == 0, Payload: make([]byte, 200)}
		s.Write("source", sample)
		if frame < 140 || frame >= 160 { // in segment 2
			s.Write("240p", sample)
		}
	}
	s.End()
	for _, segment := range rendition(t, s, "240p").window.closed {
		if segment.Gap != (segment.MSN == 2) || segment.Duration != 2*time.Second {
			t.Errorf("segment %d: gap %v, %v", segment.MSN, segment.Gap, segment.Duration)
		}
	}
	if c := s.Counters(); c.Gaps != 1 || c.DroppedSamples == 0 {
		t.Errorf("%+v", c)
	}
}
