package packager

import (
	"cmp"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// adoptFrame takes the frame duration that a track declares, or a usual one.
func (s *segmenter) adoptFrame(t media.Track) {
	duration := cmp.Or(t.FrameDuration, time.Second/30)
	s.plan.pictures.frame = media.TicksOf(duration, media.VideoTimescale)
	s.lists.params.FrameRate = usualFrameRate(duration)
	s.fixPartTarget(s.tracks.leading)
}

// startLeader cuts the leading rendition to the target duration.
func (s *segmenter) startLeader(target, keyInterval time.Duration) {
	s.target = target
	s.plan.startLeader(s.tracks.leading.track, keyInterval, s.tracks.longestSegment(target))
}

// followTarget cuts to a shorter target duration from here on, if the playlists have got one.
func (s *segmenter) followTarget() {
	target := s.lists.shortestTarget()
	if target == s.target {
		return
	}
	s.target = target
	l := &s.plan.lead
	l.longest = s.tracks.longestSegment(target)
	l.keyInterval = min(l.keyInterval, media.TicksOf(target, l.scale))
}

// fixPartTarget chooses PART-TARGET once, when the frame duration is known.
func (s *segmenter) fixPartTarget(c *cutter) {
	target := time.Duration(0)
	if frame, scale := s.plan.usualFrame(c.track); frame > 0 && s.plan.settled {
		target = partTarget(s.partFrames(frame, scale), frame, scale)
	}
	c.setPartTarget(target)
}

// partFrames is how many frames make the longest part of a rendition. The leader's first
// PART-TARGET is the limit of all others: PART-HOLD-BACK follows from it, and stands.
func (s *segmenter) partFrames(frame media.Ticks, scale media.Timescale) int {
	switch {
	case s.longestPart > 0:
		frames := framesWithin(s.longestPart, frame, scale)
		if frames > 1 && partTarget(frames, frame, scale) > s.longestPart {
			frames--
		}
		return frames
	case s.probe == nil:
		return framesWithin(s.cfg.PartDuration, frame, scale)
	}
	segment := 0
	if lead := &s.plan.lead; s.probe.isCertain() {
		segment = int((lead.expectedLength() + lead.frame/2) / max(lead.frame, 1))
	}
	longest := framesWithin(s.cfg.SegmentDuration, frame, scale)
	return min(partFrames(framesWithin(s.cfg.PartDuration, frame, scale), segment, s.probe.longestRun()), longest)
}

// settleParams ends the probe: from here on target duration and part targets stand.
func (s *segmenter) settleParams() {
	p := s.probe
	params := StreamParams{TargetDuration: p.targetDuration(s.cfg)}
	if p.track.Kind() == media.Video {
		s.plan.pictures.frame, params.FrameRate = p.frameTicks(), p.frameRate()
	}
	s.plan.settled = true
	s.startLeader(params.target(), p.keyInterval())
	s.fixPartTarget(s.tracks.leading)
	s.longestPart = s.tracks.leading.partTarget
	s.tracks.leading.part.runs.longest = p.longestRun()
	s.probe = nil
	for _, c := range s.tracks.all {
		s.fixPartTarget(c)
	}
	params.LongestPart, params.Frame = s.longestPart, s.plan.pictures.frame
	params.KeyInterval = s.plan.lead.longestKeyInterval()
	s.lists.settleParams(params)
	for _, q := range p.samples {
		s.placeSample(q.track, q.sample)
		s.lists.publishChanged()
	}
}
