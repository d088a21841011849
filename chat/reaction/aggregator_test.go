package reaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// hall is the viewers of a process: it keeps what they get.
type hall struct {
	mu      sync.Mutex
	viewers map[string]int
	looked  int // how often it was asked for them
	got     []delivery
}

type delivery struct {
	room  string
	at    time.Time
	bytes int
	pulse message.ReactionTick
}

func (h *hall) Viewers() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looked++
	return h.viewers
}

func (h *hall) set(viewers map[string]int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.viewers = viewers
}

// clear forgets what was got and asked.
func (h *hall) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got, h.looked = nil, 0
}

func (h *hall) looks() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.looked
}

func (h *hall) SendTick(room string, data []byte) {
	var pulse message.ReactionTick
	if err := json.Unmarshal(data, &pulse); err != nil {
		panic(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, delivery{room, time.Now(), len(data), pulse})
}

func (h *hall) all(room string) []delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	var of []delivery
	for _, d := range h.got {
		if d.room == room {
			of = append(of, d)
		}
	}
	return of
}

func (h *hall) sum(room, name string) int {
	sum := 0
	for _, d := range h.all(room) {
		sum += d.pulse.Counts[name]
	}
	return sum
}

// bus brings what one process shares to all, as a broker does.
type bus struct {
	mu      sync.Mutex
	pulsers []*Aggregator
	down    bool
}

func (b *bus) Share(data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return errors.New("the bus is down")
	}
	for _, p := range b.pulsers {
		if err := p.AddPartial(data); err != nil {
			return err
		}
	}
	return nil
}

func (b *bus) set(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

type process struct {
	counter *Counter
	figures *RoomStats
	hall    *hall
	pulser  *Aggregator
}

// processes start n of them on one bus; they end with the test.
func processes(t *testing.T, n int, viewers map[string]int) ([]process, *bus) {
	all := make([]process, n)
	b := &bus{}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for i := range all {
		p := process{counter: NewCounter(Config{}), figures: NewRoomStats(100), hall: &hall{viewers: viewers}}
		var peers Peers
		if n > 1 {
			peers = b
		}
		p.pulser = NewAggregator(p.counter, p.figures, p.hall, peers, slog.New(slog.DiscardHandler))
		b.pulsers = append(b.pulsers, p.pulser)
		all[i] = p
		defer running.Go(func() { _ = p.pulser.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return all, b
}

// TestOneTickWhateverTheTappers also holds what a viewer pays.
func TestOneTickWhateverTheTappers(t *testing.T) {
	for _, tappers := range []int{1, 1000} {
		synctest.Test(t, func(t *testing.T) {
			all, _ := processes(t, 1, map[string]int{"show": 123_456})
			p := all[0]
			time.Sleep(Tick / 2) // between two ticks
			for tick := range 50 {
				for i := range tappers {
					taps := map[string]int{"heart": 1, fmt.Sprintf("#%06x", (i*7919+tick)%(1<<24)): 2}
					if _, err := p.counter.Add("show", fmt.Sprint(i), taps); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(Tick)
			}
			got := p.hall.all("show")
			bytes, taps := 0, 0
			for _, d := range got {
				bytes += d.bytes
				for _, n := range d.pulse.Counts {
					taps += n
				}
			}
			if len(got) != 50 || taps != 3*tappers*50 {
				t.Errorf("%d tappers: %d pulses in 10 s with %d taps", tappers, len(got), taps)
			}
			// A push of centrifuge's JSON protocol around it, with the channel's name.
			framed := bytes + len(got)*len(`{"push":{"channel":"react:show","pub":{"data":}}}`+"\n")
			if bytes/10 > 550 || framed/10 > 850 {
				t.Errorf("%d tappers: a viewer pays %d bytes a second, %d with frames", tappers, bytes/10, framed/10)
			}
			t.Logf("%d tappers: %d bytes a second, %d with frames", tappers, bytes/10, framed/10)
		})
	}
}

func TestNothingIsSentWhenNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := processes(t, 1, map[string]int{"show": 7})
		time.Sleep(20*time.Second + time.Millisecond)
		got := all[0].hall.all("show")
		if len(got) != 10 {
			t.Fatalf("%d pulses in 20 s", len(got))
		}
		for _, d := range got {
			if d.pulse.Counts != nil || *d.pulse.Stats != (message.Stats{Viewers: 7, Shown: 1}) {
				t.Errorf("%+v", d.pulse)
			}
		}
	})
}

// The sample is drawn by chance, so the statistics are compared with what was drawn.
func TestFiguresTellTheTrueRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := processes(t, 2, map[string]int{"show": 10})
		const spans = 5            // of statsEvery
		var kept [2][spans]float64 // messages that everybody gets, by process
		for i := range 4000 {      // 400 a second for 10 s, three of four in the first process
			process := 0
			if i%4 == 3 {
				process = 1
			}
			if all[process].figures.Keep("show", &message.Message{User: message.User{ID: fmt.Sprint(i % 900), Role: message.Guest}}) {
				kept[process][i*spans/4000]++
			}
			time.Sleep(2500 * time.Microsecond)
		}
		time.Sleep(time.Millisecond)
		for i, p := range all {
			// Each figure covers three spans. The other process's may be one span old.
			own, other := kept[i], kept[1-i]
			latest := own[2] + own[3] + own[4] + other[2] + other[3] + other[4]
			delayed := own[2] + own[3] + own[4] + other[1] + other[2] + other[3]
			least, most := min(latest, delayed)/2400-0.01, max(latest, delayed)/2400+0.01
			got := p.hall.all("show")
			stats := got[len(got)-1].pulse.Stats
			if stats == nil || stats.Viewers != 20 || stats.Rate < 390 || stats.Rate > 410 || stats.Shown < least || stats.Shown > most {
				t.Errorf("process %d: %+v, want %.3f to %.3f shown", i, stats, least, most)
			}
		}
		time.Sleep(2 * time.Minute)
		if n := len(all[0].figures.active()); n != 0 || len(all[0].figures.rooms) != 1 { // the other process's viewers are kept in mind
			t.Errorf("%d active rooms, %d in all", n, len(all[0].figures.rooms))
		}
	})
}

func TestProcessesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, b := processes(t, 3, map[string]int{"show": 5})
		time.Sleep(Tick / 2) // between two ticks
		tap := func() {
			for range 50 {
				for i, p := range all {
					_, _ = p.counter.Add("show", fmt.Sprint(i), map[string]int{"heart": i + 1})
				}
				time.Sleep(Tick)
			}
		}
		tap()
		time.Sleep(Tick + time.Millisecond)
		for i, p := range all {
			if sum := p.hall.sum("show", "heart"); sum != 50*6 {
				t.Errorf("process %d shows %d hearts of %d", i, sum, 50*6)
			}
			last := time.Time{}
			for _, d := range p.hall.all("show") {
				if d.at.Sub(last) < Tick {
					t.Fatalf("process %d: two pulses within %v", i, d.at.Sub(last))
				}
				last = d.at
			}
			p.hall.got = nil
		}
		b.set(true) // each goes on by itself
		tap()
		b.set(false)
		time.Sleep(Tick + time.Millisecond)
		for i, p := range all {
			if sum := p.hall.sum("show", "heart"); sum != 50*(i+1) {
				t.Errorf("process %d alone shows %d hearts of %d", i, sum, 50*(i+1))
			}
		}
		time.Sleep(10 * time.Second)
		got := all[0].hall.all("show")
		if stats := got[len(got)-1].pulse.Stats; stats == nil || stats.Viewers != 15 {
			t.Errorf("%+v", stats)
		}
	})
}
