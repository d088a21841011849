package chat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// run is what all connections of a run share.
type run struct {
	cfg     *Config
	target  *url.URL
	address string
	request []byte
	client  *http.Client
	poller  *poller
	readers sync.Pool // *bufio.Reader
	rooms   [][]*publisher
	shard   shard
	stats   stats

	reads   context.Context // of connections with a goroutine
	stop    context.CancelFunc
	reading sync.WaitGroup // those goroutines
	posting sync.WaitGroup // publications by HTTP
	leaving atomic.Bool
}

// settleTime lets the server come to rest between arrivals and messages.
const settleTime = 3 * time.Second

// drainTime is how long the last messages may take.
const drainTime = 20 * time.Second

func newRun(cfg *Config) (*run, error) {
	target, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, err
	}
	address := target.Host
	if target.Port() == "" {
		address = net.JoinHostPort(target.Hostname(), map[string]string{"ws": "80", "wss": "443"}[target.Scheme])
	}
	p, err := newPoller(loops())
	if err != nil {
		return nil, err
	}
	r := &run{
		cfg: cfg, target: target, address: address, request: upgradeRequest(target), poller: p,
		client: &http.Client{Timeout: cfg.Timeout},
		stats:  stats{disconnects: map[int]int64{}, refusals: map[string]int64{}, failures: map[string]int64{}},
	}
	r.readers.New = func() any { return bufio.NewReader(nil) }
	r.reads, r.stop = context.WithCancel(context.Background())
	for room := range cfg.Rooms {
		var publishers []*publisher
		for i := range cfg.Publishers {
			publishers = append(publishers, &publisher{run: r, room: room, index: i, ledger: newLedger()})
		}
		r.rooms = append(r.rooms, publishers)
	}
	return r, nil
}

// close ends what is left of the run.
func (r *run) close() {
	r.leaving.Store(true)
	r.stop()
	r.poller.close()
	r.reading.Wait()
	r.posting.Wait()
	r.client.CloseIdleConnections()
}

// phases are: the ramp, rest, writing, the last answers.
func (r *run) phases(ctx context.Context) (*Report, error) {
	s := &sampler{run: r, process: measure.Process(r.cfg.PID), begun: time.Now()}
	report := &Report{URL: r.cfg.URL, Connections: r.cfg.Connections, Rooms: r.cfg.Rooms, Rate: r.cfg.Rate, Started: time.Now()}
	watching, unwatch := context.WithCancel(ctx)
	var lines sync.WaitGroup
	lines.Go(func() { s.watch(watching) })
	defer lines.Wait()
	defer unwatch()

	start := s.mark()
	if err := r.connectPublishers(ctx); err != nil {
		return nil, err
	}
	readers, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	arrived := s.mark()
	retry.Sleep(ctx, r.cfg.settle)
	idle := s.mark()
	r.write(ctx)
	written := s.mark()
	r.drain(ctx)
	end := s.mark()
	r.leaving.Store(true)
	report.Interrupted = ctx.Err() != nil
	report.fill(r, readers, start, arrived, idle, written, end)
	report.Server = s.server(start, idle, end, report)
	return report, nil
}

// connectPublishers connects those who write, unless they do so by HTTP.
func (r *run) connectPublishers(ctx context.Context) error {
	if r.cfg.API != "" || r.cfg.Rate == 0 {
		return nil
	}
	for room, publishers := range r.rooms {
		for i, p := range publishers {
			p.conn = &conn{run: r, room: room, publisher: p, ready: make(chan error, 1)}
			name := fmt.Sprintf("%s-w%d-%d", r.cfg.Name, room+1, i+1)
			if err := r.dial(ctx, p.conn, name); err != nil {
				return fmt.Errorf("a publisher can't connect: %w", explain(err))
			}
		}
	}
	return nil
}

// connect lets the readers arrive, and returns when all are there or have failed.
func (r *run) connect(ctx context.Context) ([]*conn, error) {
	readers := make([]*conn, r.cfg.Connections)
	places := make(chan struct{}, r.cfg.Connecting)
	var dialing sync.WaitGroup
	var first error
	var once sync.Once
	begun := time.Now()
	for i := range readers {
		at := r.cfg.Ramp * time.Duration(i) / time.Duration(len(readers))
		if wait := at - time.Since(begun); wait > 0 && !retry.Sleep(ctx, wait) {
			break
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		c := &conn{
			run: r, room: i % r.cfg.Rooms, ready: make(chan error, 1),
			windows: make([]window, r.cfg.Publishers), baseline: make([]uint32, r.cfg.Publishers),
		}
		readers[i] = c
		dialing.Go(func() {
			defer func() { <-places }()
			asked := time.Now()
			if err := r.dial(ctx, c, r.cfg.Name+"-"+strconv.Itoa(i+1)); err != nil {
				once.Do(func() { first = err })
				r.stats.fail(err)
				return
			}
			r.shard.connect.Add(time.Since(asked))
			r.shard.connected.Add(1)
		})
	}
	dialing.Wait()
	if r.shard.connected.Load() == 0 && first != nil {
		return nil, fmt.Errorf("no connection: %w", explain(first))
	}
	return readers, nil
}

// explain says what to do about an error.
func explain(err error) error {
	var refused *protocolError
	if errors.As(err, &refused) {
		return fmt.Errorf("%w (is the channel right, and may guests read and write? see --channel and --token)", err)
	}
	if errors.Is(err, measure.StatusError(http.StatusNotFound)) {
		return fmt.Errorf("%w (the path of the WebSocket is /connection/websocket)", err)
	}
	if failed := (*net.OpError)(nil); errors.As(err, &failed) && failed.Addr != nil {
		return fmt.Errorf("no server answers at %s: %w", failed.Addr, failed.Err)
	}
	return err
}

// write lets all publishers write for the time that is asked for.
func (r *run) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Duration)
	defer cancel()
	if r.cfg.Rate == 0 {
		<-ctx.Done()
		return
	}
	var writing sync.WaitGroup
	for _, publishers := range r.rooms {
		for _, p := range publishers {
			writing.Go(func() { p.write(ctx) })
		}
	}
	writing.Wait()
}

// drain waits until every message is answered and deliveries have stopped.
func (r *run) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	for last, still := int64(-1), 0; still < 5 && retry.Sleep(ctx, 100*time.Millisecond); {
		unanswered := 0
		for _, publishers := range r.rooms {
			for _, p := range publishers {
				unanswered += p.ledger.unanswered()
			}
		}
		now := r.shard.deliveries.Load()
		if now == last && unanswered == 0 {
			still++
		} else {
			still = 0
		}
		last = now
	}
}

// lost counts a connection that ended by itself.
func (r *run) lost(c *conn, err error) {
	if r.leaving.Load() {
		return
	}
	if c.publisher == nil {
		r.shard.connected.Add(-1)
	}
	var d disconnectError
	switch {
	case errors.As(err, &d):
	case errors.Is(err, io.EOF):
		d.code = 1006
	default:
		r.stats.fail(err)
		return
	}
	r.stats.disconnect(d.code)
}
