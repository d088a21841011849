package pull

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/media"
)

// Set fetches all streams of a configuration.
type Set struct {
	pullers map[media.StreamID]*puller
	lines   repeatlog.Lines
}

// New makes a Set of addresses by stream.
func New(addresses map[string]string, gate ingest.Gate, log *slog.Logger) (*Set, error) {
	s := &Set{pullers: make(map[media.StreamID]*puller)}
	for name, text := range addresses {
		address, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("pull: %q: %w", name, err)
		}
		id := media.StreamID(name)
		s.pullers[id] = &puller{
			stream: id, address: address, gate: gate, lines: &s.lines,
			log:    log.With("protocol", address.Protocol(), "stream", id, "remote", address.Remote()),
			status: ingest.Pull{Protocol: address.Protocol(), Address: address.Remote()},
		}
	}
	return s, nil
}

// Run fetches until ctx is cancelled. When it returns, all connections have ended.
func (s *Set) Run(ctx context.Context) error {
	defer s.lines.Close()
	var group errgroup.Group
	for _, p := range s.pullers {
		group.Go(func() error { return p.run(ctx) })
	}
	return group.Wait()
}

// Streams are those that are fetched, in no order.
func (s *Set) Streams() []media.StreamID { return slices.Collect(maps.Keys(s.pullers)) }

// Has tells whether a stream is fetched.
func (s *Set) Has(id media.StreamID) bool { return s != nil && s.pullers[id] != nil }

// Status is how it stands with a stream; nil: it is not fetched.
func (s *Set) Status(id media.StreamID) *ingest.Pull {
	p := s.pullers[id]
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	status := p.status
	return &status
}

var (
	liveDesc     = prometheus.NewDesc("lightstick_pull_live", "1 while media come from where the stream is fetched.", []string{"stream"}, nil)
	attemptsDesc = prometheus.NewDesc("lightstick_pull_attempts_total", "Attempts to fetch the stream.", []string{"stream"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Set) Describe(ch chan<- *prometheus.Desc) { ch <- liveDesc; ch <- attemptsDesc }

// Collect implements prometheus.Collector.
func (s *Set) Collect(ch chan<- prometheus.Metric) {
	for id, p := range s.pullers {
		p.mu.Lock()
		attempts, live := p.attempts, 0.0
		if p.status.State == ingest.PullLive {
			live = 1
		}
		p.mu.Unlock()
		ch <- prometheus.MustNewConstMetric(liveDesc, prometheus.GaugeValue, live, string(id))
		ch <- prometheus.MustNewConstMetric(attemptsDesc, prometheus.CounterValue, float64(attempts), string(id))
	}
}
