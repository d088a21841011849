package reaction

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

const (
	statsEvery = 2 * time.Second
	// rounds is over how many of these spans a rate is taken: 6 s.
	rounds = 3
	// shareLife is how long another process's statistics hold without news.
	shareLife = 3 * statsEvery
	// quietRounds is after how many rounds without a message a room's sampler, which
	// remembers authors, is let go: a minute.
	quietRounds = 30
)

// RoomStats know how much is written in each room, here and in other processes.
type RoomStats struct {
	above int
	apart atomic.Bool
	mu    sync.Mutex
	rooms map[string]*roomStats
}

type roomStats struct {
	sampler        *Sampler
	written, shown [rounds]int
	spans          int // that are over
	quiet          int
	shares         map[string]heard // by process
}

type heard struct {
	share
	at time.Time
}

// NewRoomStats makes statistics of rooms that are sampled above so many messages a second;
// 0: never.
func NewRoomStats(above int) *RoomStats {
	return &RoomStats{above: above, rooms: map[string]*roomStats{}}
}

// SetIsolated tells whether the other processes can't be reached; viewers are told.
func (f *RoomStats) SetIsolated(apart bool) { f.apart.Store(apart) }

// Keep counts a message that is about to be published in the room, and tells whether
// everybody gets it. What is not kept still goes to its author and to those it
// mentions; handing it to them is the caller's part.
func (f *RoomStats) Keep(room string, m *message.Message) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.room(room)
	r.written[0]++
	kept := r.sampler.Keep(m)
	if kept {
		r.shown[0]++
	}
	return kept
}

// Stats are the room's statistics of all processes, with so many viewers in this one.
func (f *RoomStats) Stats(room string, viewers int) message.Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rooms[room]
	if r == nil {
		return message.Stats{Viewers: viewers, Shown: 1, Apart: f.apart.Load()}
	}
	own := r.own(viewers)
	for _, s := range r.shares {
		own.Viewers += s.Viewers
		own.Written += s.Written
		own.Shown += s.Shown
	}
	stats := message.Stats{Viewers: own.Viewers, Rate: tenths(own.Written), Shown: 1, Apart: f.apart.Load()}
	if own.Written > 0 {
		stats.Shown = min(1, math.Round(1000*own.Shown/own.Written)/1000)
	}
	return stats
}

// room makes the room's entry; the caller holds the lock.
func (f *RoomStats) room(name string) *roomStats {
	r := f.rooms[name]
	if r == nil {
		r = &roomStats{sampler: NewSampler(f.above), shares: map[string]heard{}}
		f.rooms[name] = r
	}
	return r
}

// own is this process's part.
func (r *roomStats) own(viewers int) share {
	s := share{Viewers: viewers}
	for i := range rounds {
		s.Written += float64(r.written[i])
		s.Shown += float64(r.shown[i])
	}
	span := statsEvery.Seconds() * float64(min(rounds, r.spans+1))
	s.Written /= span
	s.Shown /= span
	return s
}

// addShare takes in another process's part.
func (f *RoomStats) addShare(room, from string, s share, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room(room).shares[from] = heard{s, now}
}

// shareOf is this process's part, for others.
func (f *RoomStats) shareOf(room string, viewers int) share {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		s := r.own(viewers)
		return share{s.Viewers, tenths(s.Written), tenths(s.Shown)}
	}
	return share{Viewers: viewers}
}

// active are the rooms in which something was written lately.
func (f *RoomStats) active() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name, r := range f.rooms {
		if r.quiet <= rounds {
			names = append(names, name)
		}
	}
	return names
}

// any tells whether there are statistics of any room.
func (f *RoomStats) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.rooms) > 0
}

// updateRates begins the next span of all rooms.
func (f *RoomStats) updateRates(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, r := range f.rooms {
		r.quiet++
		if r.written[0] > 0 {
			r.quiet = 0
		}
		elsewhere := 0.0
		for from, s := range r.shares {
			if now.Sub(s.at) > shareLife {
				delete(r.shares, from)
				continue
			}
			elsewhere += s.Written
		}
		r.sampler.SetElsewhere(elsewhere)
		r.spans = min(rounds, r.spans+1)
		copy(r.written[1:], r.written[:])
		copy(r.shown[1:], r.shown[:])
		r.written[0], r.shown[0] = 0, 0
		if r.quiet > quietRounds && len(r.shares) == 0 {
			delete(f.rooms, name)
		}
	}
}

func tenths(v float64) float64 { return math.Round(v*10) / 10 }
