package packager

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Publication is what begins when a publisher comes, or changes its tracks.
type Publication struct {
	ID     string // random, never used before: it stands in every media URL
	Clock  media.Clock
	Leader string // the rendition that sets the segment boundaries
	// Tracks are the renditions known now, the leader among them. Transcoded
	// ones come later, by SetTrack.
	Tracks map[string]media.Track
}

// Stream is the renditions of one live stream on one grid of segments. It lives
// over several publications; its playlists go on from one to the next.
type Stream struct {
	cfg      Config
	recorder Recorder
	outbox   *outbox
	timed    *timedObjectList

	mu             sync.Mutex
	settled        bool   // the fields that never change again are known
	settledIn      string // the publication in which that was
	targetDuration int
	lives          lives
	frame          media.Ticks   // usual distance of video frames, at 90 kHz
	step           media.Ticks   // between the leader's last two pictures
	frameRate      int64         // FRAME-RATE, in thousandths
	longestPart    time.Duration // the largest PART-TARGET: PART-HOLD-BACK follows from it
	starved        bool          // sound goes on without picture, and sets the boundaries
	heard          media.Ticks   // sound has come up to here, at 90 kHz
	lag            media.Ticks   // usual lag of pictures behind sound, at 90 kHz
	pauses         []pause       // in the leader's pictures, oldest first
	restated       restateBudget
	clock          media.Clock
	grid           grid
	lead           leader
	leading        *Rendition
	resumed        bool // the next boundary is the first of a publication
	probe          *probe
	mux            mux
	dates          dateRanges
	tagID          uint32 // of the last ID3 tag
	ended          bool
	halted         bool
	counters       Counters
	readied        bool

	// For readers, who take no lock.
	renditions   atomic.Pointer[renditions]
	multivariant atomic.Pointer[multivariant] // nil: to be made anew
	published    atomic.Int64                 // the target duration; 0: not known
	awaited      atomic.Int64                 // discontinuity sequence number of the publication that has begun
	shortest     atomic.Int64                 // that of the newest life, likewise
	audioOnly    atomic.Bool
	ready        chan struct{}
}

// renditions are those of a stream. They are replaced, never changed.
type renditions struct {
	ordered []*Rendition // as they were added
	named   map[string]*Rendition
}

// NewStream makes an empty stream, with series of timed objects beside its segments. cfg must
// be valid.
func NewStream(cfg Config, rec Recorder, series ...TimedObjectSeries) *Stream {
	cfg = cfg.WithDefaults()
	s := &Stream{cfg: cfg, recorder: rec, outbox: newOutbox(), timed: newTimedObjectList(cfg, rec), ready: make(chan struct{})}
	s.renditions.Store(&renditions{})
	s.timed.attach(series)
	return s
}

// Rendition finds a rendition by its name.
func (s *Stream) Rendition(name string) (*Rendition, bool) {
	r, ok := s.renditions.Load().named[name]
	return r, ok
}

// Renditions lists the renditions in the order in which they were added. The list
// must not be written to.
func (s *Stream) Renditions() []*Rendition { return s.renditions.Load().ordered }

// AudioOnly reports whether the latest publication has no picture.
func (s *Stream) AudioOnly() bool { return s.audioOnly.Load() }

// LastChange is when a playlist changed last; zero before the first.
func (s *Stream) LastChange() time.Time {
	var last time.Time
	for _, r := range s.Renditions() {
		if made := r.LastChange(); made.After(last) {
			last = made
		}
	}
	return last
}

// Begins is the program date time of the oldest picture that the playlists list; zero
// if there is none.
func (s *Stream) Begins() (begins time.Time) {
	for _, r := range s.Renditions() {
		if closed := r.Snapshot().closed; len(closed) > 0 && (begins.IsZero() || closed[0].ProgramDateTime.Before(begins)) {
			begins = closed[0].ProgramDateTime
		}
	}
	return begins
}

// Ended reports whether the stream is over: its playlists have EXT-X-ENDLIST.
func (s *Stream) Ended() bool {
	return slices.ContainsFunc(s.Renditions(), func(r *Rendition) bool { return r.Snapshot().Ended })
}

// Ready is closed when there is something to play in every rendition, or in the
// leading one for a whole segment.
func (s *Stream) Ready() <-chan struct{} { return s.ready }

// TargetDuration is EXT-X-TARGETDURATION, or the configured segment duration as
// long as it isn't known.
func (s *Stream) TargetDuration() time.Duration {
	if d := s.published.Load(); d > 0 {
		return time.Duration(d)
	}
	return s.cfg.SegmentDuration
}

// TimedObjects finds a series of timed objects by its name.
func (s *Stream) TimedObjects(name string) (*TimedObjects, bool) { return s.timed.find(name) }

// AllTimedObjects lists the timed objects. The list must not be written to.
func (s *Stream) AllTimedObjects() []*TimedObjects { return s.timed.all() }

// unlock ends a change of the stream, and hands over the events that came of it.
func (s *Stream) unlock() {
	s.mu.Unlock()
	s.outbox.flush()
}

// AppendTimedObject lists an object of another stream's series of timed objects; one that was
// there already is ignored.
func (s *Stream) AppendTimedObject(name string, e TimedObjectEntry) {
	s.timed.open(name).appendEntry(e)
}

func (s *Stream) recordSegment(rendition string, segment *Segment) {
	s.outbox.add(func() { s.recorder.Segment(rendition, segment) })
}

func (s *Stream) recordParams() {
	params := s.streamParams()
	s.outbox.add(func() { s.recorder.StreamParams(params) })
}

func (s *Stream) target() time.Duration {
	if s.targetDuration == 0 {
		return s.cfg.SegmentDuration
	}
	return time.Duration(s.targetDuration) * time.Second
}

func (s *Stream) add(name string) *Rendition {
	old := s.renditions.Load()
	if r := old.named[name]; r != nil {
		return r
	}
	r := newRendition(name, s)
	added := &renditions{ordered: append(slices.Clip(old.ordered), r), named: maps.Clone(old.named)}
	if added.named == nil {
		added.named = make(map[string]*Rendition)
	}
	added.named[name] = r
	s.renditions.Store(added)
	return r
}

// Begin starts a publication. The one before must have been ended.
func (s *Stream) Begin(p Publication) error {
	s.mu.Lock()
	defer s.unlock()
	s.clock, s.resumed, s.ended = p.Clock, true, false
	if s.grid.next > 0 {
		s.awaited.Store(s.grid.discontinuities + 1)
	}
	s.mux = mux{heard: p.Clock.Origin}
	s.heard, s.lag, s.pauses = p.Clock.Origin, 0, nil
	if s.cfg.Muxed && p.Tracks[p.Leader].Kind() == media.Video {
		s.mux.sound = soundOf(p)
	}
	for _, r := range s.Renditions() {
		r.tags = nil // of a picture that didn't come back
		if r.IsVideo() {
			r.sound.begin(s.mux.sound, nil)
		}
	}
	for _, name := range sortedNames(p) {
		t := p.Tracks[name]
		if _, listed := s.Rendition(name); t.Kind() == media.Audio && s.muxed() && !s.cfg.AudioOnly && !listed {
			continue // it is heard with the picture only
		}
		if err := s.add(name).begin(p.ID, t, s.soundFor(t)); err != nil {
			return fmt.Errorf("rendition %s: %w", name, err)
		}
	}
	s.leading = s.add(p.Leader)
	s.audioOnly.Store(s.leading.track.Kind() == media.Audio)
	s.grid.horizon = p.Clock.Origin
	track := s.leading.track
	if !s.settled {
		s.probe = &probe{track: track}
		return nil
	}
	if track.Kind() == media.Video && (s.frame == 0 || track.FrameDuration > 0) {
		s.adoptFrame(track)
	}
	s.startLeader(s.lead.keyInterval.Duration(media.VideoTimescale))
	return nil
}

// Retie moves the publication's clock as long as nothing of it has been seen: the
// first samples of a source are often late, and the later ones tell better.
func (s *Stream) Retie(start time.Time) {
	s.mu.Lock()
	defer s.unlock()
	if s.probe != nil {
		s.clock.Start = start
	}
}

// sortedNames lists the leader first, so that multivariant playlists begin with it.
func sortedNames(p Publication) []string {
	names := []string{p.Leader}
	for name := range p.Tracks {
		if name != p.Leader {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return names
}

// soundOf is the publication's sound, which travels with its picture when muxed.
func soundOf(p Publication) media.Track {
	for _, t := range p.Tracks {
		if t.Kind() == media.Audio {
			return t
		}
	}
	return media.Track{}
}

// soundFor is the sound that travels with a track, if any does.
func (s *Stream) soundFor(t media.Track) media.Track {
	if t.Kind() == media.Video {
		return s.mux.sound
	}
	return media.Track{}
}

// SetTrack makes a rendition of the publication known, before its first sample.
func (s *Stream) SetTrack(name, publication string, t media.Track) error {
	s.mu.Lock()
	defer s.unlock()
	return s.add(name).begin(publication, t, s.soundFor(t))
}

// adoptFrame takes the frame duration that a track declares, or a usual one.
func (s *Stream) adoptFrame(t media.Track) {
	duration := t.FrameDuration
	if duration == 0 {
		duration = time.Second / 30
	}
	s.frame, s.frameRate = media.TicksOf(duration, media.VideoTimescale), usualFrameRate(duration)
	s.leading.fixPartTarget()
}

func (s *Stream) startLeader(keyInterval time.Duration) {
	scale := s.leading.track.Timescale
	frame := s.frame
	s.step = frame
	if s.leading.track.Kind() == media.Audio {
		frame = s.leading.track.FrameSamples
	}
	s.lead = leader{
		kind: s.leading.track.Kind(), scale: scale, frame: frame, mean: frame,
		shortest:    media.TicksOf(s.cfg.SegmentDuration, scale),
		longest:     longestSegment(s.shortestTarget(), s.cutSlack(), scale),
		keyInterval: media.TicksOf(keyInterval, scale), interval: media.TicksOf(keyInterval, scale),
	}
}

// settle ends the probe: from here on target duration and part targets stand.
func (s *Stream) settle() {
	p := s.probe
	s.targetDuration = p.targetDuration(s.cfg)
	s.published.Store(int64(s.target()))
	s.shortest.Store(int64(s.target()))
	s.settledIn = s.leading.publication
	if p.track.Kind() == media.Video {
		s.frame, s.frameRate = p.frame(), p.frameRate()
	}
	s.settled = true
	s.startLeader(p.keyInterval())
	s.leading.fixPartTarget()
	s.longestPart = s.leading.partTarget
	s.leading.runs.longest = p.run()
	s.probe = nil
	for _, r := range s.Renditions() {
		r.fixPartTarget()
	}
	s.recordParams()
	for _, q := range p.samples {
		s.route(q.rendition, q.sample)
	}
}

// Write takes the next sample of a rendition, in decode order. Sound that travels
// with the picture is written to its own name all the same.
func (s *Stream) Write(name string, sample media.Sample) {
	s.mu.Lock()
	defer s.unlock()
	r, ok := s.Rendition(name)
	if (!ok || r.track.Codec == 0) && !s.muxed() {
		return
	}
	if s.probe == nil {
		s.route(r, sample)
		return
	}
	scale := s.mux.sound.Timescale
	if r != nil {
		scale = r.track.Timescale
	}
	s.probe.add(r, sample, r == s.leading, scale)
	if s.probe.done(s.cfg) {
		s.settle()
	}
}

// End ends the publication: what was gathered becomes the last part and segment.
// Playlists stay open for the next publication.
func (s *Stream) End() {
	s.mu.Lock()
	defer s.unlock()
	if s.probe != nil {
		if len(s.probe.dts) == 0 {
			s.probe = nil
			s.awaited.Store(0)
			return
		}
		s.settle()
	}
	s.leadOut()
	if s.leading.restatable() && !s.leading.standsTooLong(s.heard) {
		s.standTo(s.heard, 0)
	}
	s.awaited.Store(0)
	s.grid.horizon = 1<<62 - 1
	s.leading.flush()
	for _, r := range s.Renditions() {
		s.release(r)
		r.held = nil
		r.flush()
		s.fillUpTo(r, s.grid.next)
	}
	s.publishDirty()
}

// Finish ends the stream for good: playlists get EXT-X-ENDLIST. A later Begin
// would go on with the same numbering.
func (s *Stream) Finish() {
	s.mu.Lock()
	defer s.unlock()
	s.ended = true
	s.multivariant.Store(nil)
	for _, r := range s.Renditions() {
		s.publish(r)
	}
	s.outbox.add(s.timed.finish)
}

// Halt sends away those who wait, with ErrHalted: the process stops. Playlists stay as
// they are.
func (s *Stream) Halt() {
	s.mu.Lock()
	defer s.unlock()
	s.halted = true
	for _, r := range s.Renditions() {
		s.publish(r)
	}
	s.timed.halt()
}

// FrameDuration is the usual distance of the source's pictures: pauses don't count. It is 0
// as long as that isn't known.
func (s *Stream) FrameDuration() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.settled {
		return 0
	}
	return s.frame.Duration(media.VideoTimescale)
}

// Counters of what a stream has cut, for metrics.
type Counters struct {
	Parts, Segments, Gaps, Discontinuities, DroppedSamples uint64
}

// Counters returns the counts so far.
func (s *Stream) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters
}
