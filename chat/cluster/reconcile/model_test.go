package reconcile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
)

// modelRedis is what Redis is to a room: a stream with positions, and the results of
// publications by their ID.
type modelRedis struct {
	History
	epochs  int
	results map[string]time.Time // until when an ID is known
	members []*modelProcess
}

const resultTime = 5 * time.Minute

// name gives the stream an epoch, as centrifuge does when it is first asked for.
func (r *modelRedis) name() {
	if r.Epoch == "" {
		r.epochs++
		r.Epoch = fmt.Sprint("epoch", r.epochs)
	}
}

// publish publishes once for an ID, and sends to those who are connected.
func (r *modelRedis) publish(it Item, now time.Time) centrifuge.StreamPosition {
	r.name()
	if r.results[it.ID].After(now) {
		return centrifuge.StreamPosition{} // where it is, nobody needs to know
	}
	r.results[it.ID] = now.Add(resultTime)
	it.Sent = true
	it = r.add(it, HistorySize)
	position := centrifuge.StreamPosition{Offset: r.Top, Epoch: r.Epoch}
	for _, p := range r.members {
		if p.connected {
			p.queue = append(p.queue, sent{it, position})
		}
	}
	return position
}

// look is a process's look at the history.
func (r *modelRedis) look(now time.Time) History {
	r.name()
	if n := len(r.Items); n > 0 && now.Sub(r.Items[n-1].At) > HistoryTime {
		r.Items = nil
	}
	return History{r.Epoch, r.Top, slices.Clone(r.Items)}
}

// writeBack is what the script of package cluster does.
func (r *modelRedis) writeBack(seen, want History, now time.Time) {
	if r.Epoch != seen.Epoch || r.Top != seen.Top {
		return
	}
	if seen.Top == 0 {
		r.Items = nil
	}
	r.Epoch, r.Top = want.Epoch, want.Top
	r.Items = append(r.Items, want.Items...)
	r.drop(len(r.Items) - HistorySize)
	for _, it := range want.Items {
		r.results[it.ID] = now.Add(resultTime)
	}
}

// lose loses the last n publications; all: the memory.
func (r *modelRedis) lose(n int) {
	if n >= len(r.Items) {
		r.History, r.results = History{}, map[string]time.Time{}
		return
	}
	for _, it := range r.Items[len(r.Items)-n:] {
		delete(r.results, it.ID)
	}
	r.Items = r.Items[:len(r.Items)-n]
	r.Top -= uint64(n)
}

type sent struct {
	it       Item
	position centrifuge.StreamPosition
}

// modelProcess drives a log as package cluster does, one step at a time.
type modelProcess struct {
	m   *model
	log Log

	connected, inSync, stale, missed bool
	queue                            []sent   // on its way from Redis
	seen                             *History // looked at, not yet compared
	publishing                       []Item
	steps                            int      // of this reconciliation
	got                              []string // by a subscriber here, in this round
}

func (p *modelProcess) reconciles() bool { return p.connected && (!p.inSync || p.stale) }

// isolate breaks the connection. What was on its way is lost.
func (p *modelProcess) isolate() {
	p.connected, p.inSync, p.queue, p.seen, p.publishing, p.steps = false, false, nil, nil, nil, 0
	p.deliver(p.log.AddUnseen()...)
}

func (p *modelProcess) deliver(items ...Item) {
	for _, it := range items {
		p.got = append(p.got, it.ID)
	}
}

// publish publishes, and never fails. lost: Redis takes it, but its answer does not come.
func (p *modelProcess) publish(id string, lost bool) {
	it := Item{ID: id, At: p.m.now, Pub: &centrifuge.Publication{}}
	if p.connected && p.inSync {
		position := p.m.redis.publish(it, p.m.now)
		if !lost {
			p.log.AwaitReturn(it, position)
			return
		}
		p.isolate()
	}
	added, _ := p.log.AddLocal(it)
	p.deliver(added...)
}

// receive takes the next publication that Redis sent. dropped: it never comes.
func (p *modelProcess) receive(dropped bool) {
	if len(p.queue) == 0 {
		return
	}
	next := p.queue[0]
	p.queue = p.queue[1:]
	if dropped {
		return
	}
	if !p.inSync || p.seen != nil || p.publishing != nil {
		p.missed, p.stale = true, true
		return
	}
	switch it, arrival := p.log.Receive(next.it, next.position, p.m.now); arrival {
	case Next:
		p.deliver(it)
	case Missed:
		p.missed, p.stale = true, true
	}
}

// reconcile does the next thing of a reconciliation.
func (p *modelProcess) reconcile() {
	switch {
	case !p.reconciles():
	case len(p.publishing) > 0:
		p.m.redis.publish(p.publishing[0], p.m.now)
		p.log.MarkSent(p.publishing[0].ID)
		if p.publishing = p.publishing[1:]; len(p.publishing) == 0 {
			p.publishing = nil
		}
	case p.seen == nil:
		p.missed = false
		seen := p.m.redis.look(p.m.now)
		p.seen = &seen
		p.steps++
	default:
		p.compare()
	}
}

func (p *modelProcess) compare() {
	seen := *p.seen
	p.seen = nil
	grace := time.Time{}
	if !p.inSync {
		grace = p.m.now.Add(time.Second)
	}
	s := p.log.Step(seen, p.missed, grace, p.m.now)
	p.deliver(s.Add...)
	if s.Resubscribe {
		p.m.adoptions++
	}
	for _, it := range s.New {
		if !slices.Contains(p.got, it.ID) && !p.m.settled[it.ID] { // clients know by ID what they have
			p.deliver(it)
		}
	}
	if s.WriteBack != nil {
		p.m.redis.writeBack(seen, *s.WriteBack, p.m.now)
	}
	p.publishing = s.Publish
	for _, other := range p.m.processes {
		if other != p {
			other.log.MarkAmbiguous(s.Ambiguous)
		}
	}
	if s.Done {
		p.inSync, p.stale, p.steps = true, p.missed, 0
	}
}

// model is a room, its processes and their Redis.
type model struct {
	t         *testing.T
	random    *rand.Rand
	now       time.Time
	redis     modelRedis
	processes []*modelProcess
	history   []string        // what was done
	published []string        // in this round
	settled   map[string]bool // published in the rounds before
	count     int
	outage    bool // in this round
	newcomers bool // others begin the room anew when Redis has lost it
	adoptions int
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 0)), now: time.Unix(1_800_000_000, 0), settled: map[string]bool{}}
	m.redis.results = map[string]time.Time{}
	for range 3 {
		m.processes = append(m.processes, &modelProcess{m: m, connected: true})
	}
	m.redis.members = m.processes
	return m
}

func (m *model) note(format string, args ...any) {
	m.history = append(m.history, fmt.Sprintf(format, args...))
}

func (m *model) fail(format string, args ...any) {
	m.t.Helper()
	for i, p := range m.processes {
		m.t.Logf("process %d: %s %d base %d: %v; a subscriber got %v", i, p.log.Epoch, p.log.Top, p.log.base, ids(p.log.Items), p.got)
	}
	m.t.Logf("redis: %s %d: %v", m.redis.Epoch, m.redis.Top, ids(m.redis.Items))
	m.t.Fatalf("after %v: %s", m.history, fmt.Sprintf(format, args...))
}

func ids(items []Item) (ids []string) {
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	return ids
}

// act does something at random.
func (m *model) act(calm bool) {
	i := m.random.IntN(len(m.processes))
	p := m.processes[i]
	kinds := 100
	if calm {
		kinds = 80
	}
	switch n := m.random.IntN(kinds); {
	case n < 30:
		id := fmt.Sprint(m.count)
		m.count++
		lost := !calm && n == 0
		m.outage = m.outage || lost
		m.note("%d publishes %s, answer lost: %v", i, id, lost)
		m.published = append(m.published, id)
		p.publish(id, lost)
	case n < 55:
		p.receive(false)
	case n < 80:
		m.note("%d reconciles", i)
		p.reconcile()
	case n < 82:
		m.note("%d misses one", i)
		m.outage = true
		p.receive(true)
	case n < 87:
		m.note("%d is isolated", i)
		m.outage = true
		p.isolate()
	case n < 93:
		m.note("%d connects", i)
		p.connected = true
	case n < 94:
		m.expireResults()
	default:
		m.outage = true
		lost := []int{0, 1, 3, 1 << 20}[m.random.IntN(4)]
		m.note("redis restarts without the last %d", lost)
		m.redis.lose(lost)
		for _, p := range m.processes {
			p.isolate()
		}
		if m.newcomers && lost > HistorySize {
			m.beginAnew()
		}
	}
	m.checkBounds()
}

// beginAnew has a process publish that never had the room open and is gone at once.
func (m *model) beginAnew() {
	m.note("another process publishes %d", m.count)
	m.redis.publish(Item{ID: fmt.Sprint(m.count), At: m.now, Pub: &centrifuge.Publication{}}, m.now)
	m.count++
}

// expireResults lets Redis forget which IDs it knows, unless somebody is at work, which
// takes seconds.
func (m *model) expireResults() {
	for _, p := range m.processes {
		if p.seen != nil || p.publishing != nil {
			return
		}
	}
	m.note("IDs expire")
	m.now = m.now.Add(2 * resultTime)
}

func (m *model) checkBounds() {
	for i, p := range m.processes {
		if len(p.log.Items) > MaxLog || len(p.log.unseen) > MaxUnseen || len(m.redis.Items) > HistorySize {
			m.fail("process %d has %d items and %d unseen, redis %d", i, len(p.log.Items), len(p.log.unseen), len(m.redis.Items))
		}
		if first := p.log.first(); len(p.log.Items) > 0 && p.log.Items[0].Pub.Offset != first {
			m.fail("process %d begins at %d, not at %d", i, p.log.Items[0].Pub.Offset, first)
		}
	}
}

// settle connects everybody and lets them finish.
func (m *model) settle() {
	m.note("all connect")
	for _, p := range m.processes {
		p.connected = true
	}
	for turns := 0; ; turns++ {
		if turns > 2000 {
			m.fail("they never agree")
		}
		busy := false
		for _, p := range m.processes {
			p.receive(false)
			p.reconcile()
			if p.steps > 20 {
				m.fail("a reconciliation of %d looks", p.steps)
			}
			if p.connected && p.inSync && len(p.queue) == 0 && p.log.Top != m.redis.Top {
				p.stale = true // as the sweep finds
			}
			busy = busy || len(p.queue) > 0 || p.reconciles()
		}
		if !busy {
			return
		}
	}
}

// check asks that everybody has everything once, in one order as far as that is promised.
func (m *model) check() {
	for i, p := range m.processes {
		if p.log.Top != m.redis.Top || p.log.Epoch != m.redis.Epoch || p.log.HasUnpublished() {
			m.fail("process %d does not stand where redis does", i)
		}
	}
	if m.newcomers {
		m.checkAgreement()
		return
	}
	m.checkComplete()
	m.checkPositions()
}

// checkAgreement asks that all have what Redis has and has not expired.
func (m *model) checkAgreement() {
	valid := func(items []Item) []string {
		items = slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.expired(m.now) })
		return slices.Sorted(slices.Values(ids(items)))
	}
	want := valid(m.redis.Items)
	for i, p := range m.processes {
		if got := valid(p.log.Items); !slices.Equal(got, want) {
			m.fail("process %d has %v, redis %v", i, got, want)
		}
	}
}

// checkComplete asks that everybody got everything that was published, once.
func (m *model) checkComplete() {
	want := slices.Sorted(slices.Values(m.published))
	for i, p := range m.processes {
		if got := slices.Sorted(slices.Values(p.got)); !slices.Equal(got, want) {
			m.fail("a subscriber at %d got %v, want %v", i, got, want)
		}
		if !m.outage && !slices.Equal(p.got, m.processes[0].got) {
			m.fail("without an outage, subscribers at %d and 0 got another order", i)
		}
		for _, id := range m.published {
			if !hasItem(p.log.Items, id) {
				m.fail("%s is not in the history of %d", id, i)
			}
		}
	}
}

// checkPositions asks that no client can be recovered from a position that means other
// publications in another process.
func (m *model) checkPositions() {
	later := m.now.Add(time.Minute) // after the time in which others may tell
	for i, p := range m.processes {
		for j, other := range m.processes {
			differ := map[string]int{} // what only one of them has behind a position
			for position := p.log.Top; position > max(p.log.first(), other.log.first()); position-- {
				if len(differ) > 0 && !p.log.isAmbiguous(position, true, later) {
					m.fail("position %d means other publications in %d and %d, and a client can be recovered from it", position, i, j)
				}
				a, _ := p.log.itemAt(position)
				b, _ := other.log.itemAt(position)
				differ[a.ID]++
				differ[b.ID]--
				for _, id := range []string{a.ID, b.ID} {
					if differ[id] == 0 {
						delete(differ, id)
					}
				}
			}
		}
	}
}

// faults are seeds that showed faults of earlier rules.
var faults = []uint64{
	2, 3, 20, // an ID was published again after another process had written it back
	760, 935, // ambiguous ranges were forgotten when a process took Redis's history
	1985, 3472, // what a process had and Redis had lost was taken for common, as an offset agreed by chance
	10436, 14580, // what had expired was published again
}

// seeds are the first ones; MODEL is how many more are tried.
func seeds() (seeds []uint64) {
	more, _ := strconv.ParseUint(os.Getenv("MODEL"), 10, 64)
	for seed := range 300 + more {
		seeds = append(seeds, seed)
	}
	return seeds
}

// play lets processes and Redis do and suffer things at random, and asks after each round
// whether all is well.
func (m *model) play() {
	m.settle()
	for round := range 8 {
		m.history, m.published, m.outage = nil, nil, false
		for _, p := range m.processes {
			p.got = nil
		}
		if m.random.IntN(4) == 0 {
			m.note("everything expires")
			m.now = m.now.Add(2 * HistoryTime)
		}
		for range m.random.IntN(80) {
			m.act(round%3 == 0)
		}
		m.settle()
		m.check()
		for _, id := range m.published {
			m.settled[id] = true
		}
	}
}

// TestModel has three processes that know the room. Nothing that was published may be lost.
func TestModel(t *testing.T) {
	for _, seed := range append(slices.Clone(faults), seeds()...) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { newModel(t, seed).play() })
	}
}

// TestModelOfNewcomers has others begin the room anew in an empty Redis. All must agree in
// the end, though the new history lacks what they had in common (docs/adr/0021).
func TestModelOfNewcomers(t *testing.T) {
	adoptions := 0
	for _, seed := range seeds() {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed)
			m.newcomers = true
			m.play()
			adoptions += m.adoptions
		})
	}
	if adoptions == 0 {
		t.Error("nobody ever took another history")
	}
}
