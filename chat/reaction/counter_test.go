package reaction

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

func drained(c *Counter, room string) map[string]int {
	all := map[string]sums{}
	c.drain(all)
	named := map[string]int{}
	for k, count := range all[room] {
		named[c.names.text(k)] = count
	}
	return named
}

func TestAdd(t *testing.T) {
	tests := []struct {
		name  string
		taps  map[string]int
		count int
		code  message.Code
	}{
		{"hearts", map[string]int{"heart": 3}, 3, 0},
		{"a colour, in either case", map[string]int{"#FF5fa2": 2}, 2, 0},
		{"an emote", map[string]int{"mina_wave": 1}, 1, 0},
		{"as many as a call may have", map[string]int{"heart": 20, "#000000": 30}, 50, 0},
		{"one more", map[string]int{"heart": 21, "#000000": 30}, 0, message.CodeBad},
		{"none", nil, 0, message.CodeBad},
		{"zero", map[string]int{"heart": 0}, 0, message.CodeBad},
		{"less than none", map[string]int{"heart": -5, "mina_wave": 6}, 0, message.CodeBad},
		{"no such emote", map[string]int{"skull": 1}, 0, message.CodeBad},
		{"not a colour", map[string]int{"#ff5fag": 1}, 0, message.CodeBad},
		{"a short colour", map[string]int{"#fff": 1}, 0, message.CodeBad},
		{"overflow", map[string]int{"heart": 1 << 62, "mina_wave": 1 << 62}, 0, message.CodeBad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewCounter(Config{Emotes: []string{"mina_wave", "heart", "#bad", ""}})
			count, err := c.Add("show", "ada", tt.taps)
			var refusal *message.Refusal
			if errors.As(err, &refusal) != (tt.code != 0) || refusal != nil && refusal.Code != tt.code || count != tt.count {
				t.Errorf("%d, %v", count, err)
			}
			sum := 0
			for _, n := range drained(c, "show") {
				sum += n
			}
			if sum != tt.count {
				t.Errorf("counted %d", sum)
			}
		})
	}
}

func TestColoursAreOneInEitherCase(t *testing.T) {
	c := NewCounter(Config{})
	_, _ = c.Add("show", "ada", map[string]int{"#FF5FA2": 2})
	_, _ = c.Add("show", "bea", map[string]int{"#ff5fa2": 1})
	if got := drained(c, "show"); !maps.Equal(got, map[string]int{"#ff5fa2": 3}) {
		t.Error(got)
	}
}

// TestAConnectionHasSoManyTapsASecond taps without a pause for ten seconds.
func TestAConnectionHasSoManyTapsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCounter(Config{PerSecond: 50})
		counted, refused := 0, 0
		for range 1000 {
			n, err := c.Add("show", "ada", map[string]int{"heart": 30})
			counted += n
			var refusal *message.Refusal
			if errors.As(err, &refusal) && refusal.Code == message.CodeTooFast && refusal.Retry > 0 {
				refused++
			}
			if n, err := c.Add("show", fmt.Sprint(refused, "-", counted), map[string]int{"heart": 30}); n != 30 {
				t.Fatalf("another connection's taps: %d, %v", n, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if counted < 500 || counted > 555 || refused == 0 {
			t.Errorf("%d of 30,000 taps count in 10 s, %d calls refused", counted, refused)
		}
		time.Sleep(time.Second)
		if n, _ := c.Add("show", "ada", map[string]int{"heart": 50}); n != 50 {
			t.Errorf("%d of 50 count after a second's rest", n)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCounter(Config{})
		for i := range 200_000 {
			_, _ = c.Add("show", fmt.Sprint(i), map[string]int{fmt.Sprintf("#%06x", i*83): 1})
			if i%1000 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		sum := 0
		for i := range c.sharded {
			s := &c.sharded[i]
			if n := len(s.rooms["show"].sums); n > maxNames+1 {
				t.Errorf("%d names in a shard", n)
			}
			if n := len(s.allowed.now) + len(s.allowed.before); n > 2*maxConnections {
				t.Errorf("%d connections in a shard", n)
			}
			for _, n := range s.rooms["show"].sums {
				sum += n
			}
		}
		if sum != 200_000 {
			t.Errorf("%d taps", sum)
		}
		for range idleTicks + 2 {
			drained(c, "show")
		}
		for i := range c.sharded {
			if len(c.sharded[i].rooms) != 0 {
				t.Fatal("an idle room stays")
			}
		}
	})
}

// TestNoTapIsLostBetweenTappersAndTicks runs with the race detector.
func TestNoTapIsLostBetweenTappersAndTicks(t *testing.T) {
	c := NewCounter(Config{PerSecond: 1 << 30})
	var tappers sync.WaitGroup
	for i := range 8 {
		tappers.Go(func() {
			for range 500 {
				_, _ = c.Add("show", fmt.Sprint(i), map[string]int{"heart": 2})
			}
		})
	}
	done := make(chan struct{})
	go func() { tappers.Wait(); close(done) }()
	sum := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		sum += drained(c, "show")["heart"]
	}
	if sum != 8*500*2 {
		t.Errorf("%d taps of %d", sum, 8*500*2)
	}
}

func TestFold(t *testing.T) {
	n := newNames([]string{"mina_wave", "a_name_that_is_as_long_as_thirty"})
	colors := map[string]int{"#ff0000": 900, "#00ff00": 800, "#0000ff": 700, "#ffffff": 600, "#ffff00": 3, "#fe0101": 2, "#0000f0": 1}
	tests := []struct {
		name string
		in   map[string]int
		want map[string]int
	}{
		{"few stay as they are", map[string]int{"heart": 2, "mina_wave": 1, "#123456": 5}, map[string]int{"heart": 2, "mina_wave": 1, "#123456": 5}},
		{"colours go to the nearest", colors, map[string]int{"#ff0000": 902, "#00ff00": 800, "#0000ff": 701, "#ffffff": 603}},
		{"emotes become hearts", map[string]int{"#ff0000": 9, "#00ff00": 9, "#0000ff": 9, "#ffffff": 9, "mina_wave": 1}, map[string]int{"#ff0000": 9, "#00ff00": 9, "#0000ff": 9, "#ffffff": 9, "heart": 1}},
		{"long names too", map[string]int{"a_name_that_is_as_long_as_thirty": 4, "#ff0000": 3, "#00ff00": 2, "#0000ff": 1, "heart": 1}, map[string]int{"a_name_that_is_as_long_as_thirty": 4, "#ff0000": 4, "#00ff00": 2, "heart": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := sums{}
			for name, count := range tt.in {
				k, _ := n.key(name)
				all[k] = count
			}
			if got := n.fold(all); !maps.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
