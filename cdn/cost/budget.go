package cost

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// Budget is what delivery may cost; 0 is no limit.
type Budget struct{ PerHour, PerMonth Money }

// The names of the two budgets.
const (
	budgetHour  = "hour"
	budgetMonth = "month"
)

// The levels of a budget, in per cent. One is left when the cost has fallen five points
// below, so that a cost near it does not raise alert after alert.
const (
	levelNear = 80
	levelFull = 100
	slack     = 5
)

// Alert is the body of a webhook, as JSON.
type Alert struct {
	ID       string    `json:"id"`     // the same in every attempt
	Type     string    `json:"type"`   // cost.budget
	State    string    `json:"state"`  // raised, or recovered
	Budget   string    `json:"budget"` // hour, or month
	Level    int       `json:"level"`  // per cent that was reached; 80 or 100
	Cost     string    `json:"cost"`   // of an hour at the pace of the last five minutes, or of the month
	Limit    string    `json:"limit"`
	Currency string    `json:"currency"`
	At       time.Time `json:"at"`
	Streams  []Share   `json:"streams"` // the dearest
}

// Share is a stream's part of an alert.
type Share struct {
	Stream  string `json:"stream"`
	PerHour string `json:"per_hour"`
	Month   string `json:"month"`
}

// alertState is what the journal keeps of alerts.
type alertState struct {
	Hour    int       `json:"hour"`  // the level that was announced
	Month   int       `json:"month"` // likewise,
	Of      time.Time `json:"of"`    // of this month
	Pending []Alert   `json:"pending,omitempty"`
}

// maxPending is how many alerts may wait for a webhook; then the oldest is given up.
const maxPending = 16

const (
	// checkEvery is how often the cost is compared with the budget.
	checkEvery = 15 * time.Second
	alertType  = "cost.budget"
	maxShares  = 5
)

// BudgetWatch compares the cost with the budget, and raises alerts.
type BudgetWatch struct {
	meter   *Meter
	budget  Budget
	webhook *Webhook // nil: alerts are logged and counted only
	journal Journal
	log     *slog.Logger
	metrics watchMetrics

	mu    sync.Mutex
	state alertState
	wake  chan struct{} // there is something to send
}

// NewBudgetWatch makes a watch that goes on where the journal's last one was. webhook and
// journal may be nil.
func NewBudgetWatch(ctx context.Context, m *Meter, b Budget, webhook *Webhook, journal Journal, metrics prometheus.Registerer, log *slog.Logger) (*BudgetWatch, error) {
	w := &BudgetWatch{meter: m, budget: b, webhook: webhook, journal: journal, log: log, metrics: newWatchMetrics(metrics), wake: make(chan struct{}, 1)}
	if journal == nil {
		return w, nil
	}
	text, err := journal.Alerts(ctx)
	if err != nil || text == "" {
		return w, err
	}
	if err := json.Unmarshal([]byte(text), &w.state); err != nil {
		log.Warn("what the last run knew of alerts can't be read; they may be raised again", "err", err)
		w.state = alertState{}
	}
	return w, nil
}

// Run checks until ctx ends. What could not be sent by then is sent after the next
// start.
func (w *BudgetWatch) Run(ctx context.Context) error {
	var sender sync.WaitGroup
	defer sender.Wait()
	if w.webhook != nil {
		w.signal()
		sender.Go(func() { w.send(ctx) })
	}
	var checks <-chan time.Time
	if w.budget != (Budget{}) {
		ticker := time.NewTicker(checkEvery)
		defer ticker.Stop()
		checks = ticker.C
	}
	w.check(ctx) // the last run may have had a budget
	for {
		select {
		case <-checks:
			w.check(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// check announces what has changed.
func (w *BudgetWatch) check(ctx context.Context) {
	r := w.meter.Report()
	w.mu.Lock()
	before := len(w.state.Pending)
	changed := w.judge(budgetHour, &w.state.Hour, r.Rate.FiveMinutes, w.budget.PerHour, &r)
	if !w.state.Of.Equal(r.MonthStart) {
		w.state.Of, changed = r.MonthStart, true
	}
	changed = w.judge(budgetMonth, &w.state.Month, r.Month, w.budget.PerMonth, &r) || changed
	if over := len(w.state.Pending) - maxPending; over > 0 {
		w.metrics.alerts.WithLabelValues("given_up").Add(float64(over))
		w.state.Pending = w.state.Pending[over:]
	}
	sends := len(w.state.Pending) > before
	w.mu.Unlock()
	if changed {
		w.keep(ctx)
	}
	if sends {
		w.signal()
	}
}

// judge moves one budget's level, and reports whether it did. The caller holds mu.
func (w *BudgetWatch) judge(budget string, level *int, cost, limit Money, r *Report) bool {
	if limit == 0 {
		changed := *level != 0
		*level = 0 // the budget was taken away
		return changed
	}
	percent := 100 * cost.Float() / limit.Float()
	w.metrics.ratio.WithLabelValues(budget).Set(percent / 100)
	reached, state := *level, "raised"
	switch {
	case percent >= levelFull:
		reached = levelFull
	case percent >= levelNear && *level < levelNear:
		reached = levelNear
	case percent < levelNear-slack:
		reached = 0
	case percent < levelFull-slack:
		reached = min(*level, levelNear)
	}
	if reached == *level {
		return false
	}
	told := reached
	if reached < *level {
		state, told = "recovered", *level
	}
	*level = reached
	w.announce(Alert{
		ID: randomid.New(), Type: alertType, State: state, Budget: budget, Level: told, Cost: cost.String(), Limit: limit.String(),
		Currency: r.Currency, At: r.At.UTC().Truncate(time.Millisecond), Streams: shares(r),
	})
	return true
}

// announce logs an alert and queues it. The caller holds mu.
func (w *BudgetWatch) announce(a Alert) {
	w.metrics.levels.WithLabelValues(a.Budget, a.State).Inc()
	args := []any{"budget", a.Budget, "level", a.Level, "cost", a.Cost, "limit", a.Limit, "currency", a.Currency}
	if a.State == "raised" {
		w.log.Warn("the cost of delivery has reached a level of its budget", args...)
	} else {
		w.log.Info("the cost of delivery is below that level of its budget again", args...)
	}
	if w.webhook != nil {
		w.state.Pending = append(w.state.Pending, a)
	}
}

func shares(r *Report) []Share {
	list := make([]Share, 0, maxShares)
	for _, s := range r.Streams[:min(len(r.Streams), maxShares)] {
		list = append(list, Share{Stream: s.Name, PerHour: s.Rate.FiveMinutes.String(), Month: s.Month.String()})
	}
	return list
}

func (w *BudgetWatch) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// keep writes the state down. A failure costs at most an alert twice, after a restart.
func (w *BudgetWatch) keep(ctx context.Context) {
	if w.journal == nil {
		return
	}
	w.mu.Lock()
	text, err := json.Marshal(w.state)
	w.mu.Unlock()
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
		defer cancel()
		err = w.journal.SaveAlerts(ctx, string(text))
	}
	if err != nil {
		w.log.Error("alerts can't be saved; after a restart they may be raised again", "err", err)
	}
}

// send delivers what waits, in order.
func (w *BudgetWatch) send(ctx context.Context) {
	for {
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		}
		for {
			w.mu.Lock()
			if len(w.state.Pending) == 0 {
				w.mu.Unlock()
				break
			}
			a := w.state.Pending[0]
			w.mu.Unlock()
			result := "sent"
			if err := w.webhook.Deliver(ctx, a.ID, a.At, a); err != nil {
				if ctx.Err() != nil {
					return // it stays for the next start
				}
				result = "given_up"
				w.log.Error("an alert was given up: the webhook did not take it", "budget", a.Budget, "level", a.Level, "err", err,
					"advice", "check that cost.webhook can be reached from here and answers 2xx")
			}
			w.metrics.alerts.WithLabelValues(result).Inc()
			w.drop(a.ID)
			w.keep(ctx)
		}
	}
}

// drop takes an alert off the queue, unless a full queue has done so.
func (w *BudgetWatch) drop(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, a := range w.state.Pending {
		if a.ID == id {
			w.state.Pending = append(w.state.Pending[:i:i], w.state.Pending[i+1:]...)
			return
		}
	}
}
