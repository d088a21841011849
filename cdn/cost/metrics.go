package cost

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	perHourDesc = prometheus.NewDesc("lightstick_cost_per_hour",
		"Cost of an hour of delivery at the pace of the last five minutes, in the price table's currency.", []string{"cdn"}, nil)
	monthDesc = prometheus.NewDesc("lightstick_cost_month",
		"Cost of delivery since the month began (UTC).", []string{"cdn"}, nil)
	streamDesc = prometheus.NewDesc("lightstick_cost_stream_per_hour",
		"Cost of an hour of a stream at the pace of the last five minutes; of the dearest.", []string{"stream"}, nil)
	viewerHourDesc = prometheus.NewDesc("lightstick_cost_viewer_hour",
		"What one viewer's hour cost in the last hour; missing when nobody watched.", nil, nil)
	projectionDesc = prometheus.NewDesc("lightstick_cost_projection_per_hour",
		"What an hour for 100,000 viewers would cost on a CDN at what viewers take now.", []string{"cdn"}, nil)
	pricedDesc = prometheus.NewDesc("lightstick_cost_priced",
		"1 when there are prices for a CDN that delivered in this month, else 0: it is missing from the sums.", []string{"cdn"}, nil)
)

// maxStreams bounds the streams in metrics.
const maxStreams = 100

// usualViewers is the audience of the projection in metrics.
const usualViewers = 100_000

// Describe implements prometheus.Collector.
func (m *Meter) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{perHourDesc, monthDesc, streamDesc, viewerHourDesc, projectionDesc, pricedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Meter) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	r := m.Report()
	for _, c := range r.CDNs {
		gauge(perHourDesc, c.Rate.FiveMinutes.Float(), c.Name)
		gauge(monthDesc, c.Month.Float(), c.Name)
		priced := 0.0
		if c.Priced {
			priced = 1
		}
		gauge(pricedDesc, priced, c.Name)
	}
	for _, s := range r.Streams[:min(len(r.Streams), maxStreams)] {
		if s.Rate.Hour > 0 {
			gauge(streamDesc, s.Rate.FiveMinutes.Float(), s.Name)
		}
	}
	if r.Watched > 0 {
		gauge(viewerHourDesc, r.PerViewerHour.Float())
	}
	p, err := m.Project(Show{Viewers: usualViewers, For: time.Hour})
	if err != nil {
		return // nothing to project from
	}
	for _, q := range p.CDNs {
		gauge(projectionDesc, q.Cost.Float(), q.Name)
	}
}

type watchMetrics struct {
	ratio  *prometheus.GaugeVec
	levels *prometheus.CounterVec
	alerts *prometheus.CounterVec
}

func newWatchMetrics(metrics prometheus.Registerer) watchMetrics {
	factory := promauto.With(metrics)
	m := watchMetrics{
		ratio: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lightstick_cost_budget_ratio", Help: "Cost as a share of the budget; 1 is all of it.",
		}, []string{"budget"}),
		levels: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_cost_alerts_total", Help: "Budgets' levels that were reached or left.",
		}, []string{"budget", "state"}),
		alerts: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "lightstick_cost_webhooks_total", Help: "Alerts that the webhook took, or that were given up.",
		}, []string{"result"}),
	}
	// What seldom happens is there from the start, so that its first time is seen to rise.
	for _, budget := range []string{budgetHour, budgetMonth} {
		m.levels.WithLabelValues(budget, "raised")
		m.levels.WithLabelValues(budget, "recovered")
	}
	m.alerts.WithLabelValues("sent")
	m.alerts.WithLabelValues("given_up")
	return m
}
