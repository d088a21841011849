package steering

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// manifest is what players read.
type manifest struct {
	Version  int      `json:"VERSION"`
	TTL      int      `json:"TTL"`
	Reload   string   `json:"RELOAD-URI"`
	Priority []string `json:"PATHWAY-PRIORITY"`
	Clones   []struct {
		Base        string            `json:"BASE-ID"`
		ID          string            `json:"ID"`
		Replacement map[string]string `json:"URI-REPLACEMENT"`
	} `json:"PATHWAY-CLONES"`
}

func ask(t testing.TB, d *Director, query, country string) manifest {
	t.Helper()
	w := httptest.NewRecorder()
	d.Answer(w, httptest.NewRequest("GET", "/live/show/steering.json?"+query, nil), country)
	var m manifest
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%q: %v: %s", query, err, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Code != 200 || m.Version != 1 || m.TTL < 1 {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return m
}

func pathways(t testing.TB, texts ...string) []Pathway {
	t.Helper()
	m := make(map[string]string)
	for _, text := range texts {
		name, address, _ := strings.Cut(text, "=")
		m[name] = address
	}
	list, err := ParsePathways(m)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func director(t testing.TB, cfg Config, texts ...string) *Director {
	t.Helper()
	cfg.Pathways, cfg.Demote, cfg.Log = pathways(t, texts...), true, slog.New(slog.DiscardHandler)
	return New(cfg)
}

func TestParsePathways(t *testing.T) {
	good := pathways(t, "b=https://B.example.com?weight=2.5&countries=kr,JP", "a=https://a.example.com/")
	if len(good) != 2 || good[0].Name != "a" || good[0].Weight != 1 || good[1].Weight != 2.5 ||
		good[1].URL.String() != "https://b.example.com" || !slices.Equal(good[1].Countries, []string{"KR", "JP"}) {
		t.Errorf("%+v", good)
	}
	for want, texts := range map[string][]string{
		"not a name":        {"A=https://a.example.com"},
		"but none of":       {"other=https://a.example.com"},
		"not a URL":         {"a=ftp://a.example.com"},
		"the path":          {"a=https://a.example.com/x"},
		"weight":            {"a=https://a.example.com?weight=-1"},
		"weight \"NaN\"":    {"a=https://a.example.com?weight=NaN"},
		"country \"KOR\"":   {"a=https://a.example.com?countries=KOR"},
		"unknown option":    {"a=https://a.example.com?wait=1"},
		"more than once":    {"a=https://a.example.com?weight=1&weight=2"},
		"same host":         {"a=https://a.example.com", "b=https://A.example.com"},
		"scheme or port":    {"a=https://a.example.com", "b=https://b.example.com:8443"},
		"every weight is 0": {"a=https://a.example.com?weight=0"},
	} {
		m := make(map[string]string)
		for _, text := range texts {
			name, address, _ := strings.Cut(text, "=")
			m[name] = address
		}
		if _, err := ParsePathways(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v; want %q", texts, err, want)
		}
	}
	many := make(map[string]string)
	for i := range maxPathways + 1 {
		many[fmt.Sprintf("p%d", i)] = fmt.Sprintf("https://p%d.example.com", i)
	}
	if _, err := ParsePathways(many); err == nil {
		t.Error("too many pathways")
	}
}

func TestManifest(t *testing.T) {
	d := director(t, Config{Settings: Settings{TTL: 10 * time.Second}}, "a=https://a.example.com", "b=https://b.example.com?weight=0")
	m := ask(t, d, "_HLS_pathway=.&_HLS_throughput=5140000", "")
	if m.TTL != 10 || !slices.Equal(m.Priority, []string{"a", "b", "b.2", "a.2", "."}) {
		t.Errorf("%+v", m)
	}
	for _, c := range m.Clones {
		if c.Base != Base || c.Replacement["HOST"] != strings.TrimSuffix(c.ID, ".2")+".example.com" || len(c.Replacement) != 1 {
			t.Errorf("%+v", c)
		}
	}
	if len(m.Clones) != 4 || !strings.HasPrefix(m.Reload, "steering.json?seed=") {
		t.Errorf("%+v", m)
	}
	elsewhere := director(t, Config{Settings: Settings{URL: "https://steer.example.com"}}, "a=https://a.example.com")
	if m := ask(t, elsewhere, "", ""); !strings.HasPrefix(m.Reload, "https://steer.example.com/steering.json?seed=") {
		t.Errorf("%+v", m)
	}
}

func TestAnythingIsAnswered(t *testing.T) {
	d := director(t, Config{}, "a=https://a.example.com", "b=https://b.example.com")
	for _, query := range []string{
		"", "_HLS_pathway=nowhere", "_HLS_pathway=%22a%22&_HLS_throughput=-1", "_HLS_throughput=1e999", "seed=zzzzzzzzzzzzzzzzzzzzzzz", "seed=",
		"seed=%00&&&===", strings.Repeat("x=y&", 2000), "_HLS_pathway=a.2",
	} {
		if m := ask(t, d, query, "K"); len(m.Priority) != 5 {
			t.Errorf("%.30q: %v", query, m.Priority)
		}
	}
	if d.answers[0].Load() != 2 || d.answers[2].Load() != 7 {
		t.Errorf("counted %d and %d", d.answers[0].Load(), d.answers[2].Load())
	}
}

// firsts counts who is first for many sessions.
func firsts(t *testing.T, d *Director, country string) (map[string]int, map[string]string) {
	t.Helper()
	counts, chosen := make(map[string]int), make(map[string]string)
	for i := range 1000 {
		order := d.plan.Load().order(uint64(i), country, nil)
		name := d.cfg.Pathways[order[0].index].Name
		counts[name]++
		chosen[fmt.Sprint(i)] = name
	}
	return counts, chosen
}

func TestWeights(t *testing.T) {
	d := director(t, Config{}, "a=https://a.example.com?weight=3", "b=https://b.example.com", "c=https://c.example.com?weight=0")
	counts, before := firsts(t, d, "")
	if math.Abs(float64(counts["a"])-750) > 60 || counts["c"] != 0 {
		t.Errorf("%v", counts)
	}
	if err := d.Set("b", Off); err != nil {
		t.Fatal(err)
	}
	counts, after := firsts(t, d, "")
	if counts["a"] != 1000 {
		t.Errorf("without b: %v", counts)
	}
	for seed, name := range before {
		if name == "a" && after[seed] != "a" {
			t.Fatalf("%s was moved for nothing", seed)
		}
	}
}

func TestReloadsSayTheSame(t *testing.T) {
	d := director(t, Config{}, "a=https://a.example.com", "b=https://b.example.com", "c=https://c.example.com")
	for range 20 {
		m := ask(t, d, "", "")
		_, query, _ := strings.Cut(m.Reload, "?")
		if again := ask(t, d, query+"&_HLS_pathway=b", ""); !slices.Equal(m.Priority, again.Priority) || m.Reload != again.Reload {
			t.Fatalf("%s: first %v, then %v", query, m.Priority, again.Priority)
		}
	}
}

func TestCountries(t *testing.T) {
	d := director(t, Config{}, "asia=https://a.example.com?countries=KR,JP&weight=1000", "world=https://w.example.com?weight=1")
	for country, want := range map[string]string{"KR": "asia", "DE": "world", "": "world"} {
		if counts, _ := firsts(t, d, country); counts[want] < 970 {
			t.Errorf("%q: %v", country, counts)
		}
	}
	if m := ask(t, d, "", "DE"); !slices.Contains(m.Priority, "asia") {
		t.Errorf("abroad it is no last resort: %v", m.Priority)
	}
}

func TestSet(t *testing.T) {
	d := director(t, Config{}, "a=https://a.example.com?weight=1000", "b=https://b.example.com")
	if err := d.Set("c", Off); !errors.Is(err, ErrPathway) {
		t.Error(err)
	}
	if err := d.Set("a", "away"); !errors.Is(err, ErrMode) {
		t.Error(err)
	}
	if err := d.Set("b", Preferred); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, d, "", ""); m.Priority[0] != "b" {
		t.Errorf("preferred: %v", m.Priority)
	}
	if err := d.Set("a", Off); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, d, "", ""); !slices.Equal(m.Priority, []string{"b", "b.2", "."}) {
		t.Errorf("off: %v", m.Priority)
	}
	if err := d.Set("b", Off); !errors.Is(err, ErrMode) {
		t.Errorf("the last one was switched off: %v", err)
	}
	if v := d.Pathways(); v[0].Mode != Off || v[1].Mode != Preferred || v[0].URL != "https://a.example.com" {
		t.Errorf("%+v", v)
	}
}

// clinic is a director whose pathways' health the test sets.
type clinic struct {
	*Director
	mu     sync.Mutex
	health map[string]Health
}

// has sets a pathway's health.
func (c *clinic) has(name string, h Health) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health[name] = h
}

func (c *clinic) ask(name string) Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health[name]
}

func newClinic(t *testing.T, texts ...string) *clinic {
	c := &clinic{health: make(map[string]Health)}
	c.Director = director(t, Config{Health: c.ask}, texts...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { _ = c.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return c
}

func (c *clinic) after(d time.Duration) (states []State) {
	time.Sleep(d)
	synctest.Wait()
	for _, v := range c.Pathways() {
		states = append(states, v.State)
	}
	return states
}

var two = []string{"a=https://a.example.com?weight=1000", "b=https://b.example.com"}

func TestDemotionAndRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, two...)
		c.has("a", Health{Sessions: 19, Failed: 19})
		c.has("b", Health{Sessions: 100})
		if got := c.after(10 * time.Second); got[0] != Good {
			t.Errorf("by 19 sessions it is %v", got)
		}
		c.has("a", Health{Sessions: 100, Failed: 30})
		if got := c.after(10 * time.Second); got[0] != Demoted || got[1] != Good {
			t.Errorf("with 30 %% errors it is %v", got)
		}
		if m := ask(t, c.Director, "", ""); !slices.Equal(m.Priority, []string{"b", "a", "a.2", "b.2", "."}) {
			t.Errorf("demoted: %v", m.Priority)
		}
		if v := c.Pathways()[0]; v.Reason != "errors in 30 of 100 sessions" || v.Demotions != 1 {
			t.Errorf("%+v", v)
		}
		c.has("a", Health{})
		if got := c.after(2 * time.Minute); got[0] != Probation {
			t.Errorf("after its rest it is %v", got)
		}
		counts, _ := firsts(t, c.Director, "")
		if counts["a"] < 70 || counts["a"] > 130 {
			t.Errorf("on probation it has %d of 1000", counts["a"])
		}
		c.has("a", Health{Sessions: 10, Failed: 5})
		if got := c.after(10 * time.Second); got[0] != Demoted {
			t.Errorf("failing again it is %v", got)
		}
		c.has("a", Health{})
		if got := c.after(3 * time.Minute); got[0] != Demoted {
			t.Errorf("the second rest was no longer: %v", got)
		}
		c.after(90 * time.Second)
		c.has("a", Health{Sessions: 10, Failed: 1})
		if got := c.after(70 * time.Second); got[0] != Good {
			t.Errorf("having done well it is %v", got)
		}
		if err := testutil.CollectAndCompare(c.Director, strings.NewReader(`
# HELP lightstick_steering_demotions_total Times that a pathway was demoted for errors or stalls.
# TYPE lightstick_steering_demotions_total counter
lightstick_steering_demotions_total{pathway="a"} 2
lightstick_steering_demotions_total{pathway="b"} 0
`), "lightstick_steering_demotions_total"); err != nil {
			t.Error(err)
		}
	})
}

func TestOneIsAlwaysGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, two...)
		// All alike: it is not the pathways.
		c.has("a", Health{Sessions: 100, Failed: 90})
		c.has("b", Health{Sessions: 100, Failed: 80})
		if got := c.after(time.Minute); got[0] != Good || got[1] != Good {
			t.Errorf("when all fail they are %v", got)
		}
		c.has("b", Health{Sessions: 100, Failed: 40})
		if got := c.after(10 * time.Second); got[0] != Demoted || got[1] != Good {
			t.Errorf("when one fails more they are %v", got)
		}
		c.has("b", Health{Sessions: 100, Failed: 100, Stalled: 100})
		if got := c.after(time.Minute); got[1] != Good {
			t.Errorf("the last good one is %v", got)
		}
	})
}

func TestStallsAndThoseSetByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, two...)
		c.has("a", Health{Sessions: 100, Stalled: 60})
		c.has("b", Health{Sessions: 100, Stalled: 10})
		if got := c.after(10 * time.Second); got[0] != Demoted {
			t.Errorf("stalling it is %v", got)
		}
		if err := c.Set("a", Preferred); err != nil {
			t.Fatal(err)
		}
		if m := ask(t, c.Director, "", ""); m.Priority[0] != "a" {
			t.Errorf("preferred all the same: %v", m.Priority)
		}
		c.has("a", Health{Sessions: 100})
		if err := c.Set("a", Auto); err != nil {
			t.Fatal(err)
		}
		if got := c.after(10 * time.Second); got[0] != Good {
			t.Errorf("after the operator's look it is %v", got)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	d := director(f, Config{}, two...)
	f.Add("_HLS_pathway=a&_HLS_throughput=1&seed=1z")
	f.Add("seed=%ff&_HLS_pathway=%22")
	f.Fuzz(func(t *testing.T, query string) {
		body := string(d.manifest(nil, first(parse(query)), "KR"))
		if !json.Valid([]byte(body)) {
			t.Errorf("%q: %s", query, body)
		}
	})
}

func first[T, U any](a T, _ U) T { return a }

func FuzzParsePathway(f *testing.F) {
	f.Add("a", "https://a.example.com?weight=2&countries=KR")
	f.Add("b", "http://[::1]:8080")
	f.Fuzz(func(t *testing.T, name, text string) {
		p, err := ParsePathway(name, text)
		if err != nil {
			return
		}
		if _, err := url.Parse(p.URL.String()); err != nil || !(p.Weight >= 0 && p.Weight <= maxWeight) {
			t.Errorf("%q: %+v, %v", text, p, err)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	d := director(b, Config{}, "a=https://a.example.com?weight=3", "b=https://b.example.com", "c=https://c.example.com?countries=KR,JP")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := httptest.NewRequest("GET", "/live/show/steering.json?seed=1y2p0ij32e8e7&_HLS_pathway=b&_HLS_throughput=5140000", nil)
		w := httptest.NewRecorder()
		for pb.Next() {
			w.Body.Reset()
			d.Answer(w, r, "KR")
		}
	})
}
