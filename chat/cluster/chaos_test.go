package cluster

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// TestChaos has three processes, a Redis that comes and goes, and clients that stay or
// move, and asks at the end that everybody got everything once, and that all histories agree.
func TestChaos(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1}
	if n, _ := strconv.Atoi(os.Getenv("CHAOS")); n > 0 {
		seeds = nil
		for i := range n {
			seeds = append(seeds, uint64(i)+uint64(time.Now().UnixNano()))
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { chaos(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

// outages is how many there are.
const outages = 3

func chaos(t *testing.T, random *rand.Rand) {
	redis := startRedis(t)
	var processes []*process
	var fans []*fan
	for range 3 {
		p := startProcess(t, redis.url())
		p.awaitSync()
		p.Hold(show)
		f, _ := p.join(nil)
		processes, fans = append(processes, p), append(fans, f)
	}
	var said []string
	say := func(n int) {
		for range n {
			id := strconv.Itoa(len(said))
			said = append(said, id)
			processes[random.IntN(len(processes))].say(id)
			if i := random.IntN(30); i < len(fans) {
				fans[i] = processes[random.IntN(len(processes))].rejoin(fans[i])
			}
			time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
		}
	}
	for range outages {
		say(random.IntN(15))
		switch random.IntN(3) {
		case 0:
			redis.kill()
			say(random.IntN(15))
			redis.lose()
			redis.start()
		case 1:
			redis.kill()
			say(random.IntN(15))
			redis.start()
		case 2:
			redis.signal(syscall.SIGSTOP)
			say(random.IntN(15))
			redis.signal(syscall.SIGCONT)
		}
		say(random.IntN(15))
		if random.IntN(2) == 0 {
			for _, p := range processes {
				p.awaitSync()
			}
		}
	}
	for _, p := range processes {
		p.awaitSync()
	}
	say(1)
	for _, f := range fans {
		f.has(said...)
	}
	slices.Sort(said)
	for i, p := range processes {
		wait(t, fmt.Sprint("all in the history of ", i), func() bool {
			got := p.kept()
			slices.Sort(got)
			return slices.Equal(got, said)
		})
		p.mu.Lock()
		observed := slices.Sorted(slices.Values(p.observed))
		p.mu.Unlock()
		if !slices.Equal(observed, said) {
			t.Errorf("observer of %d got %v, want %v", i, observed, said)
		}
	}
}

// rejoin moves a client, who begins anew with the history when they are not recovered.
func (p *process) rejoin(f *fan) *fan {
	p.t.Helper()
	f.once()
	f.Close()
	<-f.Closed
	f.once() // what was on its way
	moved, recovered := p.join(f)
	if recovered {
		return moved
	}
	r := moved.Ask("history", chattest.Object{"channel": show, "limit": reconcile.HistorySize})
	if r.History == nil {
		p.t.Fatalf("history: %+v", r.Error)
	}
	moved.ids, moved.loaded = nil, map[string]bool{}
	for _, pub := range r.History.Publications {
		id := idOf(p.t, pub.Data)
		moved.loaded[id] = true
		moved.ids = append(moved.ids, id)
	}
	return moved
}
