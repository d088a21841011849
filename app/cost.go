package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
)

// costs is the bill: the meter, who watches it, and what the origin sent.
type costs struct {
	*cost.Meter
	watch   *cost.Watch
	budget  cost.Budget
	traffic func() map[media.StreamID]origin.Traffic
	seen    map[media.StreamID]origin.Traffic
	believe bool // players' reports count
	ledger  cdnlog.ImportLedger
	reading sync.Mutex // a log
}

// openCosts reads the prices and what was delivered in this month.
func openCosts(ctx context.Context, cfg *config.Config, store *control.Store, metrics prometheus.Registerer, log *slog.Logger) (*costs, error) {
	money, err := cfg.Costs()
	if err != nil {
		return nil, err
	}
	table, err := cost.Load(cfg.Cost.Prices)
	if err != nil {
		return nil, fmt.Errorf("cost.prices: %w", err)
	}
	if money.Currency != "" && money.Currency != table.Currency {
		return nil, fmt.Errorf("cost.budget_per_hour, cost.budget_per_month: are in %s, the prices in %s; use %[2]s", money.Currency, table.Currency)
	}
	table.SetOrigin(money.OriginPerGB)
	if err := store.PruneUsage(ctx); err != nil {
		return nil, err
	}
	c := &costs{budget: money.Budget, ledger: store, seen: make(map[media.StreamID]origin.Traffic), believe: cfg.Cost.Reports}
	if c.Meter, err = cost.NewMeter(ctx, table, store, log); err != nil {
		return nil, err
	}
	var webhook *cost.Webhook
	if cfg.Cost.Webhook != "" {
		if webhook, err = cost.NewWebhook(string(cfg.Cost.Webhook), string(cfg.Cost.WebhookSecret)); err != nil {
			return nil, fmt.Errorf("cost.webhook: %w", err)
		}
	}
	c.watch, err = cost.NewWatch(ctx, c.Meter, money.Budget, webhook, store, metrics, log)
	return c, err
}

// Budget implements control.Costs.
func (c *costs) Budget() cost.Budget { return c.budget }

// readEvery is how often the origin's counters are read.
const readEvery = 10 * time.Second

// Run counts and watches until ctx ends. The bill is saved last.
func (c *costs) Run(ctx context.Context) error {
	saving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return c.Meter.Run(saving) })
	g.Go(func() error { return c.watch.Run(ctx) })
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		c.read(time.Now())
	}
	stop()
	return g.Wait()
}

// read counts what the origin has sent since the last time.
func (c *costs) read(now time.Time) {
	var usages []cost.Usage
	traffic := c.traffic()
	for id, sent := range traffic {
		before := c.seen[id]
		if sent != before {
			usages = append(usages, cost.Usage{
				At: now, Via: cost.ViaOrigin, CDN: cost.OriginCDN, Stream: string(id), Requests: sent.Requests - before.Requests,
				Bytes: sent.Bytes - before.Bytes, Watched: time.Duration(sent.WatchedMS-before.WatchedMS) * time.Millisecond,
			})
		}
	}
	c.seen = traffic // without what is forgotten: it begins at 0 if it comes back
	c.Add(usages...)
}

// reported counts what a player says that it got from a CDN.
func (c *costs) reported(d cmcd.Delivery) {
	if !c.believe {
		return
	}
	c.AddReport(cost.Usage{
		At: d.At, Stream: d.Stream, CDN: d.CDN, Country: d.Country, Requests: d.Requests, Bytes: d.Bytes, Watched: d.Watched,
	})
}

// ImportLog implements control.LogImporter.
func (c *costs) ImportLog(ctx context.Context, r io.Reader, cdn string, f cdnlog.Format) (cdnlog.Summary, error) {
	if !c.reading.TryLock() {
		return cdnlog.Summary{}, control.ErrBusy
	}
	defer c.reading.Unlock()
	summary, usages, err := cdnlog.Import(ctx, r, cdnlog.Options{CDN: cdn, Format: f, Ledger: c.ledger})
	if err == nil {
		c.Imported(usages)
	}
	return summary, err
}
