package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
)

// Times of the brokers under test. centrifuge's counts in whole seconds and looks once a
// second, so tests look this much before and after.
const (
	testHistory = 10 * time.Minute
	testMeta    = 20 * time.Minute
	margin      = 3 * time.Second
)

// handed is what a broker handed over.
type handed func(channel string, p *centrifuge.Publication, position centrifuge.StreamPosition) error

// HandlePublication implements centrifuge.BrokerEventHandler.
func (h handed) HandlePublication(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool, _ *centrifuge.Publication) error {
	return h(channel, p, sp)
}

// HandleJoin implements centrifuge.BrokerEventHandler.
func (h handed) HandleJoin(string, *centrifuge.ClientInfo) error { return nil }

// HandleLeave implements centrifuge.BrokerEventHandler.
func (h handed) HandleLeave(string, *centrifuge.ClientInfo) error { return nil }

// memoryBrokers are ours, and the library's as the standard that ours has to keep to.
var memoryBrokers = map[string]func(t testing.TB, h handed) centrifuge.Broker{
	"library": libraryBroker,
	"own":     func(t testing.TB, h handed) centrifuge.Broker { return ownBroker(t, h, true) },
	"own whose timer nobody serves": func(t testing.TB, h handed) centrifuge.Broker {
		return ownBroker(t, h, false)
	},
}

func memoryNode(t testing.TB) *centrifuge.Node {
	t.Helper()
	node, err := centrifuge.New(centrifuge.Config{
		HistoryMetaTTL: testMeta, Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func libraryBroker(t testing.TB, h handed) centrifuge.Broker {
	t.Helper()
	b, err := centrifuge.NewMemoryBroker(memoryNode(t), centrifuge.MemoryBrokerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.RegisterBrokerEventHandler(h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(context.Background()) })
	return b
}

func ownBroker(t testing.TB, h handed, run bool) *solo {
	t.Helper()
	c, err := Open(memoryNode(t), nil, Handlers{Deliver: h}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if run {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = c.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait() })
	}
	return &solo{c.handlers, c.local}
}

// bench is a broker with what it handed over, for tests of what both do.
type bench struct {
	centrifuge.Broker
	t      *testing.T
	handed []string // CHANNEL DATA@OFFSET
	fails  error    // what the handler answers
}

func (b *bench) handle(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition) error {
	if p.Offset != sp.Offset {
		b.t.Errorf("a publication at %d was handed over as at %d", p.Offset, sp.Offset)
	}
	b.handed = append(b.handed, fmt.Sprintf("%s %s@%d", channel, p.Data, sp.Offset))
	return b.fails
}

// publish publishes with history, unless change changes that.
func (b *bench) publish(channel, data string, change ...func(*centrifuge.PublishOptions)) centrifuge.PublishResult {
	b.t.Helper()
	opts := centrifuge.PublishOptions{HistorySize: 5, HistoryTTL: testHistory}
	for _, f := range change {
		f(&opts)
	}
	result, err := b.Publish(channel, []byte(data), opts)
	if !errors.Is(err, b.fails) {
		b.t.Errorf("publish %s: %v, want %v", data, err, b.fails)
	}
	return result
}

func withKey(key string) func(*centrifuge.PublishOptions) {
	return func(o *centrifuge.PublishOptions) { o.IdempotencyKey = key }
}

func withoutHistory(o *centrifuge.PublishOptions) { o.HistorySize, o.HistoryTTL = 0, 0 }

// history is what a filter finds, and where the stream ends.
func (b *bench) history(channel string, f centrifuge.HistoryFilter, metaTTL ...time.Duration) (string, centrifuge.StreamPosition) {
	b.t.Helper()
	opts := centrifuge.HistoryOptions{Filter: f}
	if len(metaTTL) > 0 {
		opts.MetaTTL = metaTTL[0]
	}
	pubs, position, err := b.History(channel, opts)
	if err != nil {
		b.t.Fatal(err)
	}
	var data []string
	for _, p := range pubs {
		data = append(data, string(p.Data))
	}
	return strings.Join(data, " "), position
}

var everything = centrifuge.HistoryFilter{Limit: -1}

// has looks what a channel's history is, and that its end is there.
func (b *bench) has(want string, end centrifuge.StreamPosition) {
	b.t.Helper()
	if got, position := b.history("a", everything); got != want || position != end {
		b.t.Errorf("history %q to %v, want %q to %v", got, position, want, end)
	}
}

// inBoth runs a test with each broker, by a clock of its own.
func inBoth(t *testing.T, test func(b *bench)) {
	t.Helper()
	for name, open := range memoryBrokers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bench{t: t}
				b.Broker = open(t, b.handle)
				test(b)
			})
		})
	}
}
