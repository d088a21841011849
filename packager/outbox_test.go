package packager

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

func TestOutboxHandsOverInOrder(t *testing.T) {
	const writers, each = 8, 200
	var (
		mu     sync.Mutex
		handed []int
		inside atomic.Int32
		next   int
		wg     sync.WaitGroup
	)
	o := newOutbox(Discard{})
	for range writers {
		wg.Go(func() {
			for range each {
				done := false
				mu.Lock()
				n := next
				next++
				o.add(func() {
					if inside.Add(1) > 1 {
						t.Error("two events are handed over at once")
					}
					handed = append(handed, n)
					done = true
					inside.Add(-1)
				})
				mu.Unlock()
				o.flush()
				if !done {
					t.Errorf("flush returned before event %d was handed over", n)
				}
			}
		})
	}
	wg.Wait()
	if len(handed) != writers*each || !slices.IsSorted(handed) {
		t.Errorf("%d events, in order: %v", len(handed), slices.IsSorted(handed))
	}
}

// reader asks the stream, which takes its lock, whenever it is told something.
type reader struct {
	stream *Stream
	told   map[string]int
}

func (r *reader) read(method string) {
	r.told[method]++
	r.stream.Counters()
	r.stream.FrameDuration()
	r.stream.Multivariant(Span{}).Plain()
}

func (r *reader) StreamParams(StreamParams)                  { r.read("StreamParams") }
func (r *reader) Init(string, Init)                          { r.read("Init") }
func (r *reader) Segment(string, *Segment)                   { r.read("Segment") }
func (r *reader) Expire(string, *Segment)                    { r.read("Expire") }
func (r *reader) DateRange(hls.DateRange)                    { r.read("DateRange") }
func (r *reader) TimedObject(string, *TimedObject)           { r.read("TimedObject") }
func (r *reader) ExpireTimedObject(string, TimedObjectEntry) { r.read("ExpireTimedObject") }
func (r *reader) Cut() Items                                 { r.read("Cut"); return Items{Text: []byte("1"), Count: 1} }
func (r *reader) End()                                       { r.read("End") }

// Neither the recorder nor a source of timed objects is called with the stream's lock held, and
// all is told before the call returns that made it final.
func TestRecorderIsCalledWithoutALock(t *testing.T) {
	r := &reader{told: make(map[string]int)}
	s := NewStream(Config{}, r, TimedObjectSeries{"chat", r})
	r.stream = s
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	if r.told["Init"] != 2 {
		t.Errorf("after Begin: %v", r.told)
	}
	src.run(3 * time.Second)
	if r.told["StreamParams"] != 1 || r.told["Segment"] == 0 || r.told["Cut"] == 0 || r.told["TimedObject"] != r.told["Cut"] {
		t.Errorf("after a segment: %v", r.told)
	}
	s.Event(media.Event{Kind: media.EventCuePoint, Time: 0, Name: "goal"})
	if r.told["DateRange"] != 1 {
		t.Errorf("after an event: %v", r.told)
	}
	src.run(3 * time.Minute)
	if r.told["Expire"] == 0 || r.told["ExpireTimedObject"] == 0 {
		t.Errorf("after the window: %v", r.told)
	}
	s.End()
	s.Finish()
	if r.told["End"] != 1 {
		t.Errorf("after the end: %v", r.told)
	}
}
