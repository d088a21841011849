package packager

import "github.com/globalfandom/lightstick/packager/hls"

// Recorder is told of everything that is final, in order. Its methods are called by one
// goroutine at a time, with no lock held, before the call of the stream returns that made
// something final. They may read the stream, but must not change it: that would wait for itself.
type Recorder interface {
	// StreamParams comes before the first segment, and again when a generation begins.
	StreamParams(StreamParams)
	// Init comes before the first segment that needs it, and again when more is known
	// of the track.
	Init(rendition string, i Init)
	// Segment is a closed segment, or a gap in its place, in the order of the numbers.
	// The recorder calls MarkStored when it has it.
	Segment(rendition string, s *Segment)
	// Expire says that a segment will not be asked for any more.
	Expire(rendition string, s *Segment)
	// DateRange is metadata that was added, or changed.
	DateRange(d hls.DateRange)
	// TimedObject is a finished object of a series of timed objects, in the order of the numbers; one without
	// items has no bytes to keep.
	TimedObject(name string, o *TimedObject)
	// ExpireTimedObject says that an object will not be asked for any more.
	ExpireTimedObject(name string, e TimedObjectEntry)
}

// Discard is a Recorder that keeps nothing.
type Discard struct{}

// StreamParams implements Recorder, as do all methods.
func (Discard) StreamParams(StreamParams) {}

// Init does nothing.
func (Discard) Init(string, Init) {}

// Segment does nothing.
func (Discard) Segment(string, *Segment) {}

// Expire does nothing.
func (Discard) Expire(string, *Segment) {}

// DateRange does nothing.
func (Discard) DateRange(hls.DateRange) {}

// TimedObject does nothing.
func (Discard) TimedObject(string, *TimedObject) {}

// ExpireTimedObject does nothing.
func (Discard) ExpireTimedObject(string, TimedObjectEntry) {}
