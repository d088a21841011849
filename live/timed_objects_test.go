package live

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// ear counts what a stream asks of its series of timed objects.
type ear struct{ cuts, ends atomic.Int64 }

func (e *ear) Cut() packager.Items {
	e.cuts.Add(1)
	return packager.Items{}
}

func (e *ear) End() { e.ends.Add(1) }

// A stream's series of timed objects lasts as long as the stream, over its publishers' pauses; the next
// broadcast has its own.
func TestTimedObjectsLastAsLongAsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		var ears []*ear
		m.cfg.TimedObjects = func(id media.StreamID) map[string]packager.TimedObjectSource {
			if id != "show" {
				t.Errorf("timed objects for %s", id)
			}
			ears = append(ears, &ear{})
			return map[string]packager.TimedObjectSource{"chat": ears[len(ears)-1]}
		}
		publish := func() {
			p := mustConnect(t, m)
			p.announce(t)
			p.run(t, 5*time.Second)
			p.sink.Close(nil)
		}
		publish()
		time.Sleep(5 * time.Second)
		publish()
		if len(ears) != 1 || ears[0].cuts.Load() < 5 || ears[0].ends.Load() != 0 {
			t.Fatalf("over a pause: %d, %d", len(ears), ears[0].cuts.Load())
		}
		stream, _ := m.Stream("show")
		c, ok := stream.Packager().TimedObjects("chat")
		if !ok || c.Snapshot().Ended || c.Snapshot().LastMSN < 4 {
			t.Errorf("on air: %+v", c.Snapshot())
		}
		time.Sleep(time.Minute)
		if ears[0].ends.Load() != 1 || !c.Snapshot().Ended {
			t.Errorf("after the end: it was told so %d times", ears[0].ends.Load())
		}
		publish()
		if len(ears) != 2 || ears[1].cuts.Load() == 0 || ears[0].ends.Load() != 1 {
			t.Errorf("the next broadcast: %d", len(ears))
		}
	})
}
