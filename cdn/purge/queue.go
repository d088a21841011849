package purge

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

const (
	// Keep is for how long a purge that fails is tried again.
	Keep = time.Hour
	// maxWaiting is how many objects may wait for a target; more are refused.
	maxWaiting = 1000
	// The wait after a failure doubles from the first to the last of these; half of it is
	// left to chance.
	firstWait, lastWait = time.Second, time.Minute
	// gather is how long a target waits for more, to purge it in the same call.
	gather = 200 * time.Millisecond
	// farewell is how long a stopping queue goes on with what waits.
	farewell = 3 * time.Second
)

// ErrFull: so much waits for a target that no more is taken.
var ErrFull = errors.New("purge: too much waits")

// Queue purges objects at all targets.
type Queue struct {
	lanes   []*lane
	metrics *metrics
}

// lane is what waits for one target.
type lane struct {
	target  *Target
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}

	mu      sync.Mutex
	waiting []waiting
	failure string    // of the last attempt; "" if it succeeded
	since   time.Time // that it fails
	done    time.Time // of the last success
	purged  int64
	givenUp int64
}

type waiting struct {
	object Object
	since  time.Time
}

// NewQueue makes a queue. Run must be called.
func NewQueue(targets []*Target, log *slog.Logger) *Queue {
	q := &Queue{metrics: newMetrics()}
	for _, t := range targets {
		q.metrics.begin(t.Name)
		q.lanes = append(q.lanes, &lane{
			target: t, log: log.With("cdn", t.Name), metrics: q.metrics, wake: make(chan struct{}, 1),
		})
	}
	return q
}

// Purge asks all targets to forget an object, and does not wait for them. It fails with
// ErrFull if one can take no more.
func (q *Queue) Purge(o Object) error {
	var err error
	for _, l := range q.lanes {
		err = errors.Join(err, l.add(o))
	}
	return err
}

// Empty reports whether there are no targets.
func (q *Queue) Empty() bool { return len(q.lanes) == 0 }

// Run purges until ctx ends, and then for a moment what waits.
func (q *Queue) Run(ctx context.Context) error {
	var lanes sync.WaitGroup
	for _, l := range q.lanes {
		lanes.Go(func() { l.run(ctx) })
	}
	lanes.Wait()
	<-ctx.Done()
	return nil
}

// add queues an object unless one that waits covers it, and drops those that it covers.
func (l *lane) add(o Object) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.waiting {
		if w.object.covers(o) {
			return nil
		}
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(w waiting) bool { return o.covers(w.object) })
	if len(l.waiting) >= maxWaiting {
		l.metrics.purges.WithLabelValues(l.target.Name, "refused").Inc()
		return ErrFull
	}
	l.waiting = append(l.waiting, waiting{o, time.Now()})
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return nil
}

func (l *lane) run(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(farewell, stop) })()
	for {
		select {
		case <-l.wake:
		case <-ctx.Done():
			l.empty(working, true)
			return
		}
		retry.Sleep(ctx, gather)
		l.empty(working, false)
	}
}

// empty purges what waits; at the last time nothing is tried again.
func (l *lane) empty(ctx context.Context, last bool) {
	backoff := retry.Backoff{First: firstWait, Last: lastWait}
	for ctx.Err() == nil {
		batch := l.batch()
		if len(batch) == 0 {
			return
		}
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := l.target.Purger.Purge(attempt, objects(batch))
		cancel()
		l.note(batch, err)
		if err == nil {
			backoff.Reset()
			continue
		}
		if last {
			return
		}
		wait := backoff.Next()
		if Permanent(err) {
			wait = retry.Jitter(lastWait)
		}
		retry.Sleep(ctx, wait)
	}
}

// batch takes what goes into one call off the queue; what is too old is given up.
func (l *lane) batch() []waiting {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := slices.DeleteFunc(slices.Clone(l.waiting), func(w waiting) bool { return time.Since(w.since) > Keep })
	if n := len(l.waiting) - len(fresh); n > 0 {
		l.givenUp += int64(n)
		l.metrics.purges.WithLabelValues(l.target.Name, "given_up").Add(float64(n))
		l.log.Error("purges were given up: caches may serve what was deleted until it expires", "objects", n, "err", l.failure,
			"advice", "mend the target in purge.targets, then run `lightstick cdn purge STREAM`")
	}
	n := min(len(fresh), max(1, l.target.Batch))
	l.waiting = fresh[n:]
	return fresh[:n:n]
}

func objects(batch []waiting) []Object {
	list := make([]Object, len(batch))
	for i, w := range batch {
		list[i] = w.object
	}
	return list
}

// note keeps the result of an attempt; what failed waits again, first of all.
func (l *lane) note(batch []waiting, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if err == nil {
		l.metrics.purges.WithLabelValues(l.target.Name, "done").Add(float64(len(batch)))
		l.purged += int64(len(batch))
		l.done = now
		if l.failure != "" {
			l.log.Info("purging works again")
		}
		l.failure, l.since = "", time.Time{}
		return
	}
	l.metrics.failures.WithLabelValues(l.target.Name).Inc()
	for _, w := range slices.Backward(batch) {
		if !slices.ContainsFunc(l.waiting, func(v waiting) bool { return v.object.covers(w.object) }) {
			l.waiting = slices.Insert(l.waiting, 0, w)
		}
	}
	if l.failure == "" {
		l.since = now
		l.log.Error("a purge failed; it is tried again", "err", err)
	}
	l.failure = err.Error()
}

// Status is how a target does.
type Status struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Waiting int       `json:"waiting" doc:"Objects that are not purged yet"`
	Purged  int64     `json:"purged" doc:"Objects, since the server started"`
	GivenUp int64     `json:"given_up"`
	Error   string    `json:"error,omitempty" doc:"Of the last attempt, if it failed"`
	Failing time.Time `json:"failing_since,omitzero"`
	Last    time.Time `json:"last_purge,omitzero"`
}

// Status is how the targets do, in their order.
func (q *Queue) Status() []Status {
	list := make([]Status, len(q.lanes))
	for i, l := range q.lanes {
		l.mu.Lock()
		list[i] = Status{
			Name: l.target.Name, Kind: l.target.Kind, Waiting: len(l.waiting), Purged: l.purged, GivenUp: l.givenUp,
			Error: l.failure, Failing: l.since, Last: l.done,
		}
		l.mu.Unlock()
	}
	return list
}
