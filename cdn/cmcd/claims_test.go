package cmcd

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestOneAddressHasFewVotes: neither patience nor haste makes more of them.
func TestOneAddressHasFewVotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = c.Run(ctx) }()
		sessions := 0
		forge := func(more int) {
			sessions += more
			for i := range sessions {
				r := Report{Session: fmt.Sprint("x", i), Content: "show", CDN: "edge-b", Event: "e"}
				c.Observe(Observation{Report: r, Address: home(1)})
			}
		}
		for range 10 { // sessions that stay, and more each minute
			forge(20)
			time.Sleep(healthWindow + time.Second)
		}
		forge(0)
		if h := c.Health("edge-b"); h.Sessions > maxVotes || h.Failed > maxVotes {
			t.Errorf("of one address: %+v", h)
		}
		time.Sleep(sessionTTL + 2*upkeepEvery)
		c.voters.mu.Lock()
		n := len(c.voters.m)
		c.voters.mu.Unlock()
		if n != 0 {
			t.Errorf("%d addresses are remembered", n)
		}
		for i := range 1000 { // one session that says to be everywhere
			r := Report{Session: "y", Content: "show", CDN: []string{"edge-a", "edge-b"}[i%2], Event: "e"}
			c.Observe(Observation{Report: r, Address: home(2)})
		}
		if a, b := c.Health("edge-a"), c.Health("edge-b"); a.Sessions+b.Sessions > 2 {
			t.Errorf("of one session: %+v, %+v", a, b)
		}
	})
}

// TestClaimsAreBoundedByTheClock: what delivery costs is made from these sums.
func TestClaimsAreBoundedByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		forge := func(text string) {
			for range 1000 {
				r, err := Parse(text + `,sid="x",cid="show",cdn="edge-a"`)
				if err != nil {
					t.Fatal(err)
				}
				c.Observe(Observation{Report: r, Address: home(1)})
			}
		}
		forge(`ot=v,br=200000,d=86400000`)
		for i := range 100 { // days, by the clock of the player
			forge(fmt.Sprintf(`v=2,e=t,sta=p,br=200000,bsd=86400000,ts=%d`, 1e12+i*100_000))
		}
		time.Sleep(time.Minute)
		forge(`ot=v,br=200000,d=86400000`)
		q := only(t, c, "edge-a")
		sum := c.groups.get(groupKey{"show", "edge-a", Nowhere}).all()
		if limit := (reserve + pace*time.Minute); q.Watched > limit.Hours() || sum.stalled > limit || sum.bytes > int64(limit.Seconds())*maxBitrate/8 {
			t.Errorf("watched %v h, stalled %v, %d bytes", q.Watched, sum.stalled, sum.bytes)
		}
		if r, _ := Parse(`br=10000000,mtp=10000000`); r.Bitrate != 0 || r.Throughput == 0 {
			t.Errorf("%+v", r)
		}
	})
}

// TestTimesOutlastADuration: 100,000 viewers for more than a day.
func TestTimesOutlastADuration(t *testing.T) {
	g := &group{}
	for range 4 {
		g.add(time.Now(), func(t *totals) { t.played, t.stalled = t.played+1e6*time.Hour, t.stalled+1e6*time.Hour })
	}
	if played, stalled := g.times(); played != 4e6*3600 || stalled != played {
		t.Errorf("%v, %v", played, stalled)
	}
}

// TestOneAddressLeavesRoom: inventing sessions must not silence everybody else.
func TestOneAddressLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{MaxSessions: 1000})
		for i := range 2000 {
			c.Observe(Observation{Report: Report{Session: fmt.Sprint("x", i), Event: "t"}, Address: home(1)})
		}
		say(t, c, 2, `e=t,sta=p,cdn="edge-a"`)
		if q := only(t, c, "edge-a"); q.Sessions != 1 || c.count.Load() != 51 || c.counts.crowded.Load() != 1950 {
			t.Errorf("%+v; %d sessions, %d refused", q, c.count.Load(), c.counts.crowded.Load())
		}
	})
}
