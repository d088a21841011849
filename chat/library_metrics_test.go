package chat

import (
	"regexp"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
)

func TestLibraryNames(t *testing.T) {
	family := func(name string, kind dto.MetricType) *dto.MetricFamily {
		return &dto.MetricFamily{Name: &name, Type: &kind}
	}
	given := []*dto.MetricFamily{
		family("x_messages_sent_count", dto.MetricType_COUNTER),
		family("x_dropped_messages", dto.MetricType_COUNTER),
		family("x_errors_total", dto.MetricType_COUNTER),
		family("x_items_count", dto.MetricType_GAUGE),
		family("x_command_seconds", dto.MetricType_SUMMARY),
		family("x_command_seconds_histogram", dto.MetricType_HISTOGRAM),
		family("x_lag_seconds", dto.MetricType_SUMMARY),
	}
	want := []string{"x_messages_sent_total", "x_dropped_messages_total", "x_errors_total", "x_items", "x_command_seconds", "x_lag_seconds"}
	got := renameFamilies(given)
	if len(got) != len(want) {
		t.Fatalf("%d families, want %d", len(got), len(want))
	}
	for i, f := range got {
		if f.GetName() != want[i] {
			t.Errorf("%s, want %s", f.GetName(), want[i])
		}
	}
}

// Whatever the library counts is named as promlint wants it, also what it has not
// counted yet, whose type is not known: each is taken for a counter and for a gauge.
func TestLibraryMetricsPassTheLinter(t *testing.T) {
	s, _ := serve(t, nil)
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		s.library.Describe(descriptions)
	}()
	name := regexp.MustCompile(`fqName: "([^"]*)", help: "([^"]*)"`)
	var families []*dto.MetricFamily
	n := 0
	for d := range descriptions {
		n++
		match := name.FindStringSubmatch(d.String())
		for _, kind := range []dto.MetricType{dto.MetricType_COUNTER, dto.MetricType_GAUGE} {
			named := familyName(match[1], kind)
			families = append(families, &dto.MetricFamily{Name: &named, Help: &match[2], Type: &kind})
		}
	}
	if n < 20 {
		t.Errorf("the library has %d metrics", n)
	}
	gathered, err := s.LibraryMetrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(append(families, gathered...)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
