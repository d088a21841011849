package chat

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// LibraryMetrics gathers the metrics of the centrifuge library, which are not registered
// with Config.Metrics: their names are not as Prometheus wants them
// (https://prometheus.io/docs/practices/naming/), and are changed on the way.
func (s *Service) LibraryMetrics() prometheus.Gatherer { return libraryMetrics{s.library} }

type libraryMetrics struct{ registry prometheus.Gatherer }

// Gather implements prometheus.Gatherer.
func (l libraryMetrics) Gather() ([]*dto.MetricFamily, error) {
	families, err := l.registry.Gather()
	return renameFamilies(families), err
}

// renameFamilies gives families the names that promlint accepts. Summaries that are
// histograms too are left out: only histograms can be added up over several servers.
func renameFamilies(families []*dto.MetricFamily) []*dto.MetricFamily {
	histograms := make(map[string]bool)
	for _, f := range families {
		if f.GetType() == dto.MetricType_HISTOGRAM {
			histograms[f.GetName()] = true
		}
	}
	kept := families[:0]
	for _, f := range families {
		if f.GetType() == dto.MetricType_SUMMARY && histograms[f.GetName()+"_histogram"] {
			continue
		}
		name := familyName(f.GetName(), f.GetType())
		f.Name = &name
		kept = append(kept, f)
	}
	return kept
}

// familyName is a name without its type, and with the suffix that its type has.
func familyName(name string, kind dto.MetricType) string {
	for _, suffix := range []string{"_histogram", "_summary", "_gauge", "_counter"} {
		name = strings.TrimSuffix(name, suffix)
	}
	if kind == dto.MetricType_HISTOGRAM || kind == dto.MetricType_SUMMARY {
		return name
	}
	name = strings.TrimSuffix(name, "_count")
	if kind == dto.MetricType_COUNTER && !strings.HasSuffix(name, "_total") {
		name += "_total"
	}
	return name
}
