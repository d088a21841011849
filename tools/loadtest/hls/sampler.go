package hls

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// sampler looks at the counters and at the server's process while viewers watch.
type sampler struct {
	run     *run
	process measure.Process
	begun   time.Time

	last          time.Time
	viewerSeconds float64 // viewers that were up, over time
	peakRSS       int64
	spread        *measure.Tally // at the last progress line
	progress      mark
}

// mark is the state of the counters at one moment.
type mark struct {
	at            time.Time
	requests      int64
	bytes         int64
	viewerSeconds float64
	server, tool  time.Duration // CPU time
	machine       time.Duration // of all processes
	rss           int64
}

// span lies between two marks.
type span struct{ from, to mark }

func (s span) seconds() float64 { return s.to.at.Sub(s.from.at).Seconds() }

// others is the CPU time of what is neither server nor tool.
func (s span) others() time.Duration {
	used := func(m mark) time.Duration { return m.machine - m.server - m.tool }
	return max(used(s.to)-used(s.from), 0)
}
func (s span) requests() int64 { return s.to.requests - s.from.requests }

func newSampler(r *run) *sampler {
	now := time.Now()
	return &sampler{run: r, process: measure.Process(r.cfg.PID), begun: now, last: now, spread: &measure.Tally{}, progress: mark{at: now}}
}

func (s *sampler) mark() mark {
	now, stats := time.Now(), &s.run.stats
	s.viewerSeconds += float64(stats.up.Load()) * now.Sub(s.last).Seconds()
	s.last = now
	m := mark{
		at: now, requests: stats.requests(), bytes: stats.received(), viewerSeconds: s.viewerSeconds,
		tool: measure.OwnCPU(), machine: measure.MachineCPU(), rss: s.process.RSS(),
	}
	m.server, _ = s.process.CPU() // a process that has gone shows as zeros
	s.peakRSS = max(s.peakRSS, m.rss)
	return m
}

// observe waits for d or until the viewers have left, with a progress line each
// second.
func (s *sampler) observe(left <-chan struct{}, d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-left:
			return
		case <-end.C:
			return
		case <-tick.C:
			s.line()
		}
	}
}

// line prints what happened since the last one.
func (s *sampler) line() {
	stats := &s.run.stats
	now := span{s.progress, s.mark()}
	spread := stats.tally(func(s *shard) *measure.Histogram { return &s.spread })
	_, errors := stats.failures()
	fmt.Fprintf(s.run.cfg.Progress, "%4.0fs  %d viewers  %.0f req/s  %.1f Mbit/s  spread p99 %s  %d errors  %d stalls\n",
		now.to.at.Sub(s.begun).Seconds(), stats.up.Load(), float64(now.requests())/now.seconds(),
		float64(now.to.bytes-now.from.bytes)*8/1e6/now.seconds(),
		spread.Since(s.spread).Quantile(0.99).Round(100*time.Microsecond), errors, stats.stalls())
	s.spread, s.progress = spread, now.to
}
