package steering

import "github.com/prometheus/client_golang/prometheus"

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("lightstick_steering_"+name, help, []string{"pathway"}, nil)
}

var (
	requestsDesc  = desc("requests_total", "Requests of players, by the pathway that they were on; base: the playlist's host, or none that is known.")
	firstDesc     = desc("directed_total", "Answers, by the pathway named first.")
	demotedDesc   = desc("demoted", "1: demoted for errors or stalls; 0.5: on probation; 0: good, or set by hand.")
	demotionsDesc = desc("demotions_total", "Times that a pathway was demoted for errors or stalls.")
)

// Describe implements prometheus.Collector.
func (d *Director) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(d, ch) }

// Collect implements prometheus.Collector.
func (d *Director) Collect(ch chan<- prometheus.Metric) {
	counter := func(desc *prometheus.Desc, n int64, name string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), name)
	}
	for i, p := range d.cfg.Pathways {
		counter(requestsDesc, d.answers[i].Load(), p.Name)
		counter(firstDesc, d.firsts[i].Load(), p.Name)
	}
	counter(requestsDesc, d.answers[len(d.cfg.Pathways)].Load(), "base")
	for _, v := range d.Pathways() {
		demoted := 0.0
		switch {
		case v.Mode != Auto:
		case v.State == Demoted:
			demoted = 1
		case v.State == Probation:
			demoted = 0.5
		}
		ch <- prometheus.MustNewConstMetric(demotedDesc, prometheus.GaugeValue, demoted, v.Name)
		counter(demotionsDesc, v.Demotions, v.Name)
	}
}
