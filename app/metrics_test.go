package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/ingest"
)

// everything switches on whatever has metrics of its own.
var everything = []string{
	"http.listen=127.0.0.1:0", "admin.listen=127.0.0.1:0", "rtmp.listen=127.0.0.1:0", "srt.listen=127.0.0.1:0", "rtsp.listen=", "webrtc.listen=",
	"storage.s3.bucket=recordings", "storage.s3.endpoint=http://127.0.0.1:1", "storage.s3.access_key=key", "storage.s3.secret_key=hush-hush-hush",
	"steering.pathways=edge=https://edge.example.com", "cost.budget_per_hour=50USD", "purge.targets=v=varnish://hush-hush-hush-hush@127.0.0.1:1",
	"transcode.ladder=off", "publish.open=true", "hls.dvr=5m",
}

// What a whole server exports passes `promtool check metrics`.
func TestMetricsPassTheLinter(t *testing.T) {
	loaded, err := config.Load("", nil, everything)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := NewLogger(&loaded.Config, newLogLines())
	s, err := New(t.Context(), Options{Dir: t.TempDir()}, &loaded.Config, log)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sink, err := s.manager.Open(context.Background(), ingest.Request{Protocol: "rtmp", Remote: "127.0.0.1:1", Key: "show", Kick: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close(nil)
	sink.Repaired("jump")
	report := httptest.NewRequest(http.MethodPost, "/cmcd", strings.NewReader(`e=t,sta=p,sid="one",cid="show",v=2`))
	report.Header.Set("Content-Type", "application/cmcd")
	left, leave := context.WithCancel(t.Context())
	leave() // the viewer does not wait for the stream
	for _, r := range []*http.Request{report, httptest.NewRequest(http.MethodGet, "/live/show/index.m3u8", nil)} {
		s.Handler().ServeHTTP(httptest.NewRecorder(), r.WithContext(left))
	}

	families, err := s.rooms.gatherer(s.metrics).Gather()
	if err != nil {
		t.Fatal(err)
	}
	families = append(families, unsampled(s.metrics, families)...)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if len(families) < 120 {
		t.Errorf("%d families: some part has none", len(families))
	}
}

// unsampled are the families that are registered and have no value yet. Their type is
// taken from their name, since a description does not tell it.
func unsampled(registry *prometheus.Registry, sampled []*dto.MetricFamily) (more []*dto.MetricFamily) {
	have := make(map[string]bool)
	for _, f := range sampled {
		have[f.GetName()] = true
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		registry.Describe(descriptions)
	}()
	parts := regexp.MustCompile(`fqName: "([^"]*)", help: "([^"]*)"`)
	for d := range descriptions {
		match := parts.FindStringSubmatch(d.String())
		if match == nil || have[match[1]] {
			continue
		}
		have[match[1]] = true
		kind := dto.MetricType_GAUGE
		if strings.HasSuffix(match[1], "_total") {
			kind = dto.MetricType_COUNTER
		}
		more = append(more, &dto.MetricFamily{Name: &match[1], Help: &match[2], Type: &kind})
	}
	return more
}
