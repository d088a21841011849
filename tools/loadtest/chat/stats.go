package chat

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// shard is what loops count.
type shard struct {
	connected, refused       atomic.Int64 // refused: upgrades that were answered with 503
	published, accepted      atomic.Int64
	deliveries               atomic.Int64
	doubles, late, astray    atomic.Int64 // astray: in a room that it was not sent to
	frames, bytes            atomic.Int64 // frames: with messages, to readers
	connect, answer, latency measure.Histogram
}

// stats is what happens seldom.
type stats struct {
	mu           sync.Mutex
	disconnects  map[int]int64    // by close code
	refusals     map[string]int64 // of messages, by code
	failures     map[string]int64 // of connections
	unsubscribes int64
}

func (s *stats) fail(err error) {
	kind := measure.KindOf(err)
	if d, ok := err.(disconnectError); ok {
		kind = fmt.Sprintf("disconnected %d %s", d.code, d.reason)
	} else if p, ok := err.(*protocolError); ok {
		kind = p.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[kind]++
}

func (s *stats) refuse(p *protocolError) {
	kind := fmt.Sprintf("%d", p.Code)
	if p.Code == 0 {
		kind = p.Message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[kind]++
}

func (s *stats) disconnect(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnects[code]++
}

func (s *stats) unsubscribed(int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsubscribes++
}

func (s *stats) copy() (disconnects map[int]int64, refusals, failures map[string]int64, unsubscribes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.disconnects), maps.Clone(s.refusals), maps.Clone(s.failures), s.unsubscribes
}

func total[K comparable](m map[K]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// mark is the state of the counters at one moment.
type mark struct {
	at           time.Time
	deliveries   int64
	server, tool time.Duration // CPU time
	machine      time.Duration
	rss          int64
}

// sampler looks at the counters while a run goes on.
type sampler struct {
	run     *run
	process measure.Process
	begun   time.Time
	peakRSS atomic.Int64
}

func (s *sampler) mark() mark {
	m := mark{at: time.Now(), deliveries: s.run.shard.deliveries.Load(), tool: measure.OwnCPU(), machine: measure.MachineCPU(), rss: s.process.RSS()}
	m.server, _ = s.process.CPU()
	for {
		peak := s.peakRSS.Load()
		if m.rss <= peak || s.peakRSS.CompareAndSwap(peak, m.rss) {
			return m
		}
	}
}

// watch prints a line each second.
func (s *sampler) watch(ctx context.Context) {
	before := s.mark()
	latency := &measure.Tally{}
	for retry.Sleep(ctx, time.Second) {
		now := s.mark()
		current := &measure.Tally{}
		current.Include(&s.run.shard.latency)
		seconds := now.at.Sub(before.at).Seconds()
		disconnects, refusals, failures, _ := s.run.stats.copy()
		fmt.Fprintf(s.run.cfg.Progress, "%4.0fs  %d connected  %.0f deliveries/s  p99 %s  %d written  %d refused  %d failed  %d disconnected\n",
			now.at.Sub(s.begun).Seconds(), s.run.shard.connected.Load(), float64(now.deliveries-before.deliveries)/seconds,
			current.Since(latency).Quantile(0.99).Round(100*time.Microsecond), s.run.shard.published.Load(),
			total(refusals)+s.run.shard.refused.Load(), total(failures), total(disconnects))
		before, latency = now, current
	}
}

// server is the report on the process.
func (s *sampler) server(start, idle, end mark, r *Report) *ServerReport {
	if s.process == 0 {
		return nil
	}
	cpu, seconds := (end.server - idle.server).Seconds(), end.at.Sub(idle.at).Seconds()
	others := func(m mark) float64 { return (m.machine - m.server - m.tool).Seconds() }
	connected := float64(r.Connected)
	return &ServerReport{
		CPUPerMillion: measure.Ratio(cpu*1e6, float64(r.Deliveries)), Cores: measure.Ratio(cpu, seconds),
		OtherCores: measure.Ratio(max(others(end)-others(idle), 0), seconds),
		RSSStart:   start.rss, RSSIdle: idle.rss, RSSPeak: s.peakRSS.Load(), RSSEnd: end.rss,
		BytesPerConnection:     measure.Ratio(float64(idle.rss-start.rss), connected),
		PeakBytesPerConnection: measure.Ratio(float64(s.peakRSS.Load()-start.rss), connected),
	}
}
