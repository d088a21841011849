//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

// The services of docker-compose.yml, with the files that it mounts, work together:
// a stream goes through the cache, its segments into the bucket, its metrics into
// Prometheus, and every query of the dashboard and of the alerts has an answer.
func TestComposeStack(t *testing.T) {
	s := newStack(t)
	profiles := s.startPyroscope()
	s.startStorage()
	s.startRedis()
	l := s.startLightstick()
	s.healthy("lightstick")
	s.startEdge()
	s.startPrometheus()

	key := regexp.MustCompile(`stream key +(\S+)`).FindStringSubmatch(l.log.String())[1]
	publishCard(t, small("srt://"+l.srt+"?streamid=publish:"+key))
	edge, admin := &server{http: s.at("edge")}, &server{http: s.at("admin")}
	edge.live(t, "main")
	for _, playlist := range []string{"index", "source", "audio"} {
		if code, body := edge.get(t, "/live/main/"+playlist+".m3u8"); code != http.StatusOK || !strings.HasPrefix(body, "#EXTM3U") {
			t.Errorf("%s through the cache: %d %s", playlist, code, body)
		}
	}
	if code, _ := l.get(t, "/live/main/source.m3u8"); code != http.StatusForbidden {
		t.Errorf("past the cache: %d", code)
	}
	eventually(t, "a segment is in the bucket", func() bool {
		found, err := filepath.Glob(filepath.Join(s.dir, "s3", "lightstick", "live", "main", "*", "*", "*.m4s"))
		return err == nil && len(found) > 0
	})
	eventually(t, "Prometheus has scraped a stream", func() bool {
		return len(s.query(t, `lightstick_stream_on_air{stream="main"} == 1`)) == 1
	})
	s.checkQueries(t, l, admin, edge)
	print(t, "%d metrics, %d queries of dashboard and alerts", len(exported(t, admin)), len(queries(t)))

	// A new version in the middle of a show: the old one sends the profiles that it
	// has, the new one knows the stream, and the cache stays up.
	begun := time.Now()
	l.stop(t)
	stopped := time.Since(begun)
	l.run(t)
	print(t, "the origin was replaced in %.1f s, of which stopping took %.1f s", time.Since(begun).Seconds(), stopped.Seconds())
	if profiles.Load() == 0 {
		t.Error("no profile was sent")
	}
	eventually(t, "the stream is there again", func() bool {
		code, body := edge.get(t, "/live/main/source.m3u8")
		return code == http.StatusOK && !strings.Contains(body, "#EXT-X-ENDLIST")
	})
}

// query asks Prometheus. A query that it does not understand fails the test.
func (s *stack) query(t *testing.T, expression string) []json.RawMessage {
	t.Helper()
	prometheus := &server{http: s.at("prometheus")}
	_, body := prometheus.get(t, "/api/v1/query?query="+url.QueryEscape(expression))
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status != "success" {
		t.Errorf("%s: %v %s", expression, err, answer.Error)
	}
	return answer.Data.Result
}

// late are metrics that come a minute after the first viewer.
var late = []string{"lightstick_cost_viewer_hour", "lightstick_cost_projection_per_hour"}

// checkQueries sends every query to Prometheus, and looks for each of its names in
// what the server exports; some need a viewer, and a few seconds.
func (s *stack) checkQueries(t *testing.T, l, admin, edge *server) {
	t.Helper()
	wanted := map[string]string{} // by name, one place where it stands
	variables := strings.NewReplacer("$stream", ".*", "$__rate_interval", "1m")
	for where, expression := range queries(t) {
		s.query(t, variables.Replace(expression))
		for _, name := range metricName.FindAllString(expression, -1) {
			wanted[name] = where
		}
	}
	report := strings.NewReader(`e=t,sta=p,sid="deploy",cid="main",v=2`)
	if answer, err := http.Post("http://"+l.http+"/cmcd", "application/cmcd", report); err != nil || answer.StatusCode != http.StatusNoContent {
		t.Errorf("a player's report: %+v, %v", answer, err)
	}
	eventually(t, "every metric of dashboard and alerts is exported", func() bool {
		edge.get(t, "/live/main/source.m3u8")
		names := exported(t, admin)
		for name, where := range wanted {
			if !names[name] && !slices.Contains(late, name) {
				t.Logf("%s: nobody exports %s", where, name)
				return false
			}
		}
		return true
	})
}

var metricName = regexp.MustCompile(`\b(lightstick|go|process)_[a-z0-9_]+`)

// exported are the names of the metrics that the server has.
func exported(t *testing.T, admin *server) map[string]bool {
	t.Helper()
	_, text := admin.get(t, "/metrics")
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if name := metricName.FindString(line); strings.HasPrefix(line, name) && name != "" {
			names[name] = true
		}
	}
	return names
}

// queries are those of the dashboard's panels and of the alerts, by where they stand.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal([]byte(deploytest.Read(t, "deploy/grafana/dashboards/lightstick.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			found[fmt.Sprintf("panel %q %s", p.Title, target.RefID)] = target.Expr
		}
	}
	panels := len(found)
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(deploytest.Read(t, "deploy/prometheus/alerts.yml")), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			found["alert "+r.Alert] = r.Expr
		}
	}
	if panels < 40 || len(found) < panels+10 {
		t.Errorf("only %d queries: %v", len(found), slices.Sorted(maps.Keys(found)))
	}
	return found
}

// Each alert fires for what it is for, and for nothing else that happens in the
// meantime: deploy/prometheus/alerts_test.yml.
func TestAlerts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(deploytest.Root(t), "deploy", "prometheus")
	for _, argv := range [][]string{
		{"promtool", "check", "config", "prometheus.yml"},
		{"promtool", "test", "rules", "alerts_test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", argv, err, out)
		}
	}
}
