package packager

import (
	"fmt"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// segmenter takes the samples of all renditions of a stream and cuts them to segments at the
// same media time. It reads the leading rendition's samples to set the boundaries; the cutters
// make the segments and hand them to the playlists.
type segmenter struct {
	cfg   Config
	lists *playlists
	plan  *schedule

	tracks      *cutters
	resumed     bool   // the next boundary is the first of an epoch
	probe       *probe // nil when the first group of pictures has been seen
	mux         mux
	target      time.Duration // that the leader is cut to
	longestPart time.Duration // the largest PART-TARGET: PART-HOLD-BACK follows from it
	tagID       uint32        // of the last ID3 tag
	counters    Counters
}

func newSegmenter(cfg Config, lists *playlists) *segmenter {
	plan := &schedule{segment: cfg.SegmentDuration, lead: leader{scale: media.VideoTimescale}}
	return &segmenter{cfg: cfg, lists: lists, plan: plan, tracks: &cutters{plan: plan, lists: lists}}
}

// beginEpoch starts an epoch. The one before must have been ended.
func (s *segmenter) beginEpoch(p Epoch) error {
	s.resumed = true
	s.plan.clock = p.Clock
	s.plan.pictures.beginEpoch(p.Clock.Origin)
	if s.plan.grid.next > 0 {
		s.lists.awaitDiscontinuity(s.plan.grid.discontinuities + 1)
	}
	s.mux = mux{heard: p.Clock.Origin}
	if s.cfg.Muxed && p.Tracks[p.Leader].Kind() == media.Video {
		s.mux.sound = soundOf(p)
	}
	s.lists.muxed = s.mux.isMuxed()
	s.tracks.beginEpoch(s.mux.sound)
	for _, name := range sortedNames(p) {
		t := p.Tracks[name]
		if t.Kind() == media.Audio && s.mux.isMuxed() && !s.cfg.AudioOnly && s.tracks.findCutter(name) == nil {
			continue // it is heard with the picture only
		}
		if err := s.setTrack(name, p.ID, t); err != nil {
			return fmt.Errorf("rendition %s: %w", name, err)
		}
	}
	s.tracks.setLeading(s.tracks.addCutter(p.Leader))
	s.plan.grid.horizon = p.Clock.Origin
	track := s.tracks.leading.track
	if !s.plan.settled {
		s.probe = &probe{track: track}
		return nil
	}
	if track.Kind() == media.Video && (s.plan.pictures.frame == 0 || track.FrameDuration > 0) {
		s.adoptFrame(track)
	}
	s.startLeader(s.lists.shortestTarget(), s.plan.lead.longestKeyInterval())
	return nil
}

// sortedNames lists the leader first, so that multivariant playlists begin with it.
func sortedNames(p Epoch) []string {
	names := []string{p.Leader}
	for name := range p.Tracks {
		if name != p.Leader {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return names
}

// soundOf is the epoch's sound, which travels with its picture when muxed.
func soundOf(p Epoch) media.Track {
	for _, t := range p.Tracks {
		if t.Kind() == media.Audio {
			return t
		}
	}
	return media.Track{}
}

// setTrack makes a rendition of the epoch known, before its first sample.
func (s *segmenter) setTrack(name, epoch string, t media.Track) error {
	var sound media.Track
	if t.Kind() == media.Video {
		sound = s.mux.sound
	}
	c := s.tracks.addCutter(name)
	if err := c.beginTrack(epoch, t, sound, s.mux.recent); err != nil {
		return err
	}
	s.fixPartTarget(c)
	return nil
}

// restoreHistory goes on with what an earlier process has cut.
func (s *segmenter) restoreHistory(params StreamParams, renditions []RenditionHistory, last Entry) {
	s.plan.settled, s.longestPart = true, params.LongestPart
	s.plan.pictures.frame = params.Frame
	s.plan.lead.keyInterval = media.TicksOf(params.KeyInterval, s.plan.lead.scale)
	for _, h := range renditions {
		c := s.tracks.addCutter(h.Name)
		c.restoreTrack(h)
		s.fixPartTarget(c)
	}
	g := &s.plan.grid
	g.next, g.discontinuities = last.MSN+1, last.followingGap().Discontinuities
}

// writeSample takes the next sample of a rendition, in decode order.
func (s *segmenter) writeSample(name string, sample media.Sample) {
	c := s.tracks.findCutter(name)
	if (c == nil || c.track.Codec == 0) && !s.mux.isMuxed() {
		return
	}
	if s.probe == nil {
		s.placeSample(c, sample)
		return
	}
	scale := s.mux.sound.Timescale
	if c != nil {
		scale = c.track.Timescale
	}
	s.probe.addSample(c, sample, c == s.tracks.leading, scale)
	if s.probe.isDone(s.cfg) {
		s.settleParams()
	}
}

// endEpoch makes the last part and segment of what was gathered.
func (s *segmenter) endEpoch() {
	defer s.lists.awaitDiscontinuity(0)
	if s.probe != nil {
		if len(s.probe.dts) == 0 {
			s.probe = nil
			return
		}
		s.settleParams()
	}
	for _, picture := range s.mux.waiting { // no sound will come
		s.leadWith(picture)
	}
	s.mux.waiting = nil
	if heard := s.plan.pictures.heard; s.tracks.leading.isRestatable() && !s.tracks.leading.standsTooLong(heard) {
		s.restateUntil(heard, 0)
	}
	s.plan.grid.horizon = 1<<62 - 1
	s.tracks.leading.endSamples()
	for _, c := range s.tracks.all {
		s.releaseQueued(c)
		c.queue = nil
		c.endSamples()
		c.fillUpTo(s.plan.grid.next)
	}
	s.tracks.trimGrid()
}

// addID3 puts a tag into the pictures' parts, or the sound's where there are none.
func (s *segmenter) addID3(at media.Ticks, payload []byte) {
	s.tagID++
	tag := cmaf.ID3{Time: max(at, 0), ID: s.tagID, Tag: payload}
	s.tracks.addTag(tag)
}
