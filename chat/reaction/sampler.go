package reaction

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

const (
	// memory is over how long what an author wrote counts against them.
	memory     = 5 * time.Second
	maxAuthors = 1 << 16
	// Bounds of the correction, with which as much is shown as may be.
	minGain, maxGain, gainStep = 0.5, 4, 1.25
)

// Sampler decides which messages of a room everybody gets, when more is written than
// can be read. Each author gets the same share of what may be shown: the chance of a
// message falls with the number that its author wrote lately, so that writing more
// does not mean being shown more, and who was just shown steps back for as long as it
// would take to show everybody else once. What hosts and moderators write, and
// announcements, everybody gets.
type Sampler struct {
	above float64 // messages a second

	mu        sync.Mutex
	elsewhere float64 // messages a second in other processes
	written   meter
	shown     meter
	authors   authors
	gain      float64 // corrects for those who don't use their share
	budget    float64 // messages that may be shown at once, refilled with time
	refilled  time.Time
	random    *rand.Rand
}

// NewSampler makes a sampler for rooms in which more than above messages a second are
// written; 0 keeps all.
func NewSampler(above int) *Sampler {
	return newSampler(above, rand.Uint64())
}

func newSampler(above int, seed uint64) *Sampler {
	return &Sampler{above: float64(above), budget: float64(above), gain: 1, authors: newAuthors(), random: rand.New(rand.NewPCG(seed, 0))}
}

// SetElsewhere tells how many messages a second other processes take in for the same
// room; each then shows its share of what is wanted.
func (s *Sampler) SetElsewhere(rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elsewhere = rate
}

// Keep tells whether everybody gets the message; false: only its author and those it
// mentions, to whom the caller brings it by itself. It never fails, and costs the same
// whether the room is sampled or not.
func (s *Sampler) Keep(m *message.Message) bool {
	if s.above <= 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	second := s.written.turn(now)
	s.shown.turn(now)
	s.written.here++
	if m.Announcement || m.User.Role.Moderates() {
		return true
	}
	a := s.authors.wrote(m.User.ID, now)
	written := s.written.rate()
	limit := s.above * written / (written + s.elsewhere)
	s.refill(limit, now)
	if written+s.elsewhere <= s.above {
		s.budget = max(0, s.budget-1)
		return true
	}
	if second {
		s.correct(limit)
	}
	if s.budget < 1 || s.random.Float64() >= s.chance(a, limit, now) {
		return false
	}
	s.budget--
	s.shown.here++
	a.shown = now
	s.authors.put(m.User.ID, a)
	return true
}

// chance of a message to be shown. In the time of memory limit*memory messages may be
// shown, which is so many an author; what they wrote in that time shares them.
func (s *Sampler) chance(a author, limit float64, now time.Time) float64 {
	share := s.gain * limit * memory.Seconds() / s.authors.count()
	turn := min(memory.Seconds(), s.authors.count()/limit) // in which everybody is shown once
	back := min(1, now.Sub(a.shown).Seconds()/turn)
	return share / a.wrote * back
}

// correct moves the gain towards where the last second would have shown the limit.
func (s *Sampler) correct(limit float64) {
	step := limit / max(1, s.shown.before)
	s.gain = min(maxGain, max(minGain, s.gain*min(gainStep, max(1/gainStep, step))))
}

// refill adds what time has brought; a second's worth may be shown at once.
func (s *Sampler) refill(limit float64, now time.Time) {
	s.budget = min(max(limit, 1), s.budget+now.Sub(s.refilled).Seconds()*limit)
	s.refilled = now
}

// meter counts by the second.
type meter struct {
	second       time.Time
	before, here float64
}

// turn begins a new second if it is time, and tells whether it is.
func (m *meter) turn(now time.Time) bool {
	passed := now.Sub(m.second)
	if passed < time.Second {
		return false
	}
	m.before = m.here
	if passed >= 2*time.Second {
		m.before = 0
	}
	m.here = 0
	m.second = now.Truncate(time.Second)
	return true
}

// rate is that of the last whole second, or of the running one if it is more already.
func (m *meter) rate() float64 { return max(m.before, m.here) }

// authors remember who wrote how much and was shown when. Two generations keep
// everybody for at least the time of memory, unless there are more than maxAuthors of
// them in it; who is forgotten has a clean slate.
type authors struct {
	now, before map[string]author
	turned      time.Time
}

type author struct {
	wrote float64 // messages within memory, the older the less
	at    time.Time
	shown time.Time
}

func newAuthors() authors {
	return authors{now: map[string]author{}, before: map[string]author{}}
}

// wrote counts a message.
func (a *authors) wrote(id string, now time.Time) author {
	if now.Sub(a.turned) >= memory || len(a.now) >= maxAuthors {
		clear(a.before)
		a.now, a.before, a.turned = a.before, a.now, now
	}
	found, ok := a.now[id]
	if !ok {
		found = a.before[id]
	}
	found.wrote = 1 + found.wrote*math.Exp(-now.Sub(found.at).Seconds()/memory.Seconds())
	found.at = now
	a.now[id] = found
	return found
}

func (a *authors) put(id string, value author) { a.now[id] = value }

// count is how many wrote within memory.
func (a *authors) count() float64 { return float64(max(len(a.now), len(a.before), 1)) }
