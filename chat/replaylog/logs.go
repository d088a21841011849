package replaylog

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/packager"
)

// Name is that of the series of timed objects: it stands in URLs.
const Name = "chat"

// Logs are those of the rooms whose streams are packaged in this process. A nil Logs
// is off: it takes everything and keeps nothing.
type Logs struct {
	dropped prometheus.Counter

	open   atomic.Pointer[map[string]*Log] // replaced, never changed: Add takes no lock
	change sync.Mutex
}

// New makes a set of no logs.
func New(metrics prometheus.Registerer) *Logs {
	t := &Logs{dropped: promauto.With(metrics).NewCounter(prometheus.CounterOpts{
		Name: "lightstick_chat_track_dropped_total",
		Help: "Publications that were left out of the objects of the chat by CDN: there were too many, or they were not JSON objects.",
	})}
	t.open.Store(&map[string]*Log{})
	return t
}

// Add takes a publication of a room, as it was sent to everybody, and what it says, with
// the server's time.
func (t *Logs) Add(room string, data []byte, content message.Content, sent time.Time) {
	if t == nil {
		return
	}
	if track := (*t.open.Load())[room]; track != nil {
		track.Add(data, content, sent)
	}
}

// Rooms are those whose streams are packaged in this process.
func (t *Logs) Rooms() []string {
	if t == nil {
		return nil
	}
	return slices.Collect(maps.Keys(*t.open.Load()))
}

// Open begins the track of a room, whose stream begins. It is closed by its End.
func (t *Logs) Open(room string) packager.TimedObjectSource {
	own := &owned{Log: newLog(maxObject, t.dropped), tracks: t, room: room}
	t.replace(func(open map[string]*Log) { open[room] = own.Log })
	return own
}

func (t *Logs) replace(change func(map[string]*Log)) {
	t.change.Lock()
	defer t.change.Unlock()
	open := maps.Clone(*t.open.Load())
	change(open)
	t.open.Store(&open)
}

// owned is a log that leaves the set when it ends.
type owned struct {
	*Log
	tracks *Logs
	room   string
}

// End implements packager.TimedObjectSource.
func (o *owned) End() {
	o.Log.End()
	o.tracks.replace(func(open map[string]*Log) {
		if open[o.room] == o.Log { // not its successor
			delete(open, o.room)
		}
	})
}
