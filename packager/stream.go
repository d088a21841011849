package packager

import (
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// Epoch is what begins when a publisher comes, or changes its tracks.
type Epoch struct {
	ID     string // random, never used before: it stands in every media URL
	Clock  media.Clock
	Leader string // the rendition that sets the segment boundaries
	// Tracks are the renditions known now, the leader among them. Transcoded
	// ones come later, by SetTrack.
	Tracks map[string]media.Track
}

// Stream is the renditions of one live stream on one grid of segments. It lives
// over several epochs; its playlists go on from one to the next.
//
// Its own methods are those of writers, which one lock puts in order. The methods for readers
// are those of what it has published.
type Stream struct {
	*published
	outbox *outbox

	mu        sync.Mutex
	segmenter *segmenter
	lists     *playlists
}

// NewStream makes an empty stream, with series of timed objects beside its segments. cfg must
// be valid.
func NewStream(cfg Config, rec Recorder, series ...TimedObjectSeries) *Stream {
	cfg = cfg.WithDefaults()
	timed := newTimedObjectList(cfg, rec)
	timed.attachSources(series)
	s := &Stream{published: newPublished(cfg, timed), outbox: newOutbox(rec)}
	s.lists = &playlists{targetLimits: targetLimits{cfg: cfg}, published: s.published, recorder: rec, outbox: s.outbox}
	s.segmenter = newSegmenter(cfg, s.lists)
	return s
}

// unlock publishes what a writer has changed, releases the lock, and hands over the events that
// came of it.
func (s *Stream) unlock() {
	s.lists.publishChanged()
	s.mu.Unlock()
	s.outbox.flush()
}

// Begin starts an epoch. The one before must have been ended.
func (s *Stream) Begin(p Epoch) error {
	s.mu.Lock()
	defer s.unlock()
	s.lists.ended = false
	return s.segmenter.beginEpoch(p)
}

// AnchorClock moves the epoch's clock as long as nothing of it has been seen: the
// first samples of a source are often late, and the later ones tell better.
func (s *Stream) AnchorClock(start time.Time) {
	s.mu.Lock()
	defer s.unlock()
	if s.segmenter.probe != nil {
		s.segmenter.plan.clock.Start = start
	}
}

// SetTrack makes a rendition of the epoch known, before its first sample.
func (s *Stream) SetTrack(name, epoch string, t media.Track) error {
	s.mu.Lock()
	defer s.unlock()
	return s.segmenter.setTrack(name, epoch, t)
}

// Write takes the next sample of a rendition, in decode order. Sound that travels
// with the picture is written to its own name all the same.
func (s *Stream) Write(name string, sample media.Sample) {
	s.mu.Lock()
	defer s.unlock()
	s.segmenter.writeSample(name, sample)
}

// Event takes timed metadata from the publisher; its Time is on the stream's
// timeline. ID3 goes into the parts, everything else becomes a date range. What
// can't be shown is left out.
func (s *Stream) Event(e media.Event) {
	s.mu.Lock()
	defer s.unlock()
	if e.Kind == media.EventID3 {
		s.segmenter.addID3(e.Time, e.Payload)
		return
	}
	plan := s.segmenter.plan
	if d := s.lists.dates.describe(e, plan.programDateTime(e.Time)); d.Validate() == nil {
		s.lists.addDateRange(d, plan.clock.Start)
	}
}

// AddDateRange puts metadata into every media playlist at once, or changes the
// date range of the same ID; class and start of that stay. It fails with
// hls.ErrDateRange.
func (s *Stream) AddDateRange(d hls.DateRange) error {
	if err := d.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.unlock()
	s.lists.addDateRange(d, s.segmenter.plan.clock.Start)
	return nil
}

// End ends the epoch: what was gathered becomes the last part and segment.
// Playlists stay open for the next epoch.
func (s *Stream) End() {
	s.mu.Lock()
	defer s.unlock()
	s.segmenter.endEpoch()
}

// Finish ends the stream for good: playlists get EXT-X-ENDLIST. A later Begin
// would go on with the same numbering.
func (s *Stream) Finish() {
	s.mu.Lock()
	defer s.unlock()
	s.lists.finishAll()
}

// Halt sends away those who wait, with ErrHalted: the process stops. Playlists stay as
// they are.
func (s *Stream) Halt() {
	s.mu.Lock()
	defer s.unlock()
	s.lists.haltAll()
}

// Multivariant is the multivariant playlist as it stands: every rendition that
// has something to play. It leads to the media playlists of the span given.
func (s *Stream) Multivariant(span Span) *Document {
	m := s.multivariant.Load()
	if m == nil {
		s.mu.Lock()
		m = s.lists.makeMultivariant()
		s.mu.Unlock()
	}
	return m.document(span)
}

// Muxed reports whether tracks of a kind travel with others now, so that they have no
// rendition of their own.
func (s *Stream) Muxed(k media.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k == media.Audio && s.lists.muxed
}

// FrameDuration is the usual distance of the source's pictures: pauses don't count. It is 0
// as long as that isn't known.
func (s *Stream) FrameDuration() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.segmenter.plan.settled {
		return 0
	}
	return s.segmenter.plan.pictures.frameTime()
}

// Counters of what a stream has cut, for metrics.
type Counters struct {
	Parts, Segments, Gaps, Discontinuities, DroppedSamples uint64
}

// Counters returns the counts so far.
func (s *Stream) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, cut := s.lists.counters, s.segmenter.counters
	all.Discontinuities, all.DroppedSamples = cut.Discontinuities, cut.DroppedSamples
	return all
}

// AppendInit makes known an initialization section for segments that [Stream.Append]
// brings.
func (s *Stream) AppendInit(rendition string, init Init) {
	s.mu.Lock()
	defer s.unlock()
	s.lists.appendInit(rendition, init)
}

// Append lists a segment that another stream has closed, and moves the window: the
// playlists follow those of the other at a distance. Numbers that are left out become
// gaps; those that were there already are ignored.
func (s *Stream) Append(rendition string, e Entry, locate Locate) {
	var stored Stored
	if !e.Gap {
		stored = locate(rendition, e)
	}
	s.mu.Lock()
	defer s.unlock()
	s.lists.appendEntry(rendition, e, stored)
}

// AppendTimedObject lists an object of another stream's series of timed objects; one that was
// there already is ignored.
func (s *Stream) AppendTimedObject(name string, e TimedObjectEntry) {
	s.timed.openSeries(name).appendEntry(e)
}

// SetStreamParams sets the parameters of a stream that [Stream.Append] fills.
func (s *Stream) SetStreamParams(params StreamParams) {
	s.mu.Lock()
	defer s.unlock()
	s.lists.setParams(params)
}
