package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// costs is the bill: the meter, who watches it, and what the origin sent.
type costs struct {
	*cost.Meter
	*cost.OriginReader
	*cdnlog.Importer
	watch   *cost.BudgetWatch
	budget  cost.Budget
	believe bool // players' reports count
}

// openCosts reads the prices and what was delivered in this month.
func openCosts(ctx context.Context, cfg *config.Config, store *control.Store, metrics prometheus.Registerer, log *slog.Logger) (*costs, error) {
	table, err := cost.Load(cfg.Cost.Prices)
	if err != nil {
		return nil, fmt.Errorf("cost.prices: %w", err)
	}
	if currency := cfg.Cost.Currency(); currency != "" && currency != table.Currency {
		return nil, fmt.Errorf("cost.budget_per_hour, cost.budget_per_month: are in %s, the prices in %s; use %[2]s", currency, table.Currency)
	}
	table.SetOrigin(cfg.Cost.OriginPerGB.Money)
	if err := store.PruneUsage(ctx); err != nil {
		return nil, err
	}
	c := &costs{budget: cfg.Cost.Budget(), believe: cfg.Cost.Reports}
	if c.Meter, err = cost.NewMeter(ctx, table, store, log); err != nil {
		return nil, err
	}
	c.OriginReader = &cost.OriginReader{Meter: c.Meter}
	c.Importer = &cdnlog.Importer{Ledger: store, Count: c.Imported}
	var webhook *cost.Webhook
	if cfg.Cost.Webhook != "" {
		if webhook, err = cost.NewWebhook(string(cfg.Cost.Webhook), string(cfg.Cost.WebhookSecret)); err != nil {
			return nil, fmt.Errorf("cost.webhook: %w", err)
		}
	}
	c.watch, err = cost.NewBudgetWatch(ctx, c.Meter, c.budget, webhook, store, metrics, log)
	return c, err
}

// Budget implements control.Costs.
func (c *costs) Budget() cost.Budget { return c.budget }

// Run counts and watches until ctx ends. The bill is saved last.
func (c *costs) Run(ctx context.Context) error {
	saving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return c.Meter.Run(saving) })
	g.Go(func() error { return c.watch.Run(ctx) })
	err := c.OriginReader.Run(ctx)
	stop()
	return errors.Join(err, g.Wait())
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
