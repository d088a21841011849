package cmcd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// home is an address of the test's own for each viewer.
func home(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

func collector(cfg Config) *Collector {
	cfg.CDNs = []string{"edge-a", "edge-b"}
	cfg.Stream = func(id string) bool { return id == "show" }
	return New(cfg)
}

// say reports as player n would, and now by its clock.
func say(t *testing.T, c *Collector, n int, text string) {
	t.Helper()
	r, err := Parse(text + fmt.Sprintf(`,v=2,cid="show",sid="%d",ts=%d`, n, time.Now().UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	c.Observe(Observation{Report: r, Country: "KR", Address: home(n)})
}

func only(t *testing.T, c *Collector, cdn string) Quality {
	t.Helper()
	for _, q := range c.Summary() {
		if q.Stream == "show" && q.CDN == cdn {
			return q
		}
	}
	t.Fatalf("nothing of %s in %+v", cdn, c.Summary())
	return Quality{}
}

func TestTimeIsSpentInStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		say(t, c, 1, `e=ps,sta=s,cdn="edge-a"`)
		time.Sleep(2 * time.Second)
		say(t, c, 1, `e=ps,sta=p,cdn="edge-a",br=4000,msd=2000,ltc=3000,bl=1500,mtp=20000`)
		time.Sleep(30 * time.Second)
		say(t, c, 1, `e=ps,sta=r,cdn="edge-a",br=4000`)
		time.Sleep(10 * time.Second)
		say(t, c, 1, `e=ps,sta=p,cdn="edge-b",br=8000`)
		time.Sleep(10 * time.Second)
		say(t, c, 1, `e=t,sta=p,cdn="edge-b",br=8000`)
		a, b := only(t, c, "edge-a"), only(t, c, "edge-b")
		if a.Sessions != 0 || b.Sessions != 1 || a.Country != "KR" {
			t.Errorf("sessions %d and %d", a.Sessions, b.Sessions)
		}
		if a.Bitrate != 4_000_000 || a.Watched*3600 != 30 || a.Stalls != 1 || a.Latency != 3 || a.Buffer != 1.5 || a.Throughput != 20_000_000 {
			t.Errorf("edge-a: %+v", a)
		}
		if a.StartupP50 < 1.5 || a.StartupP50 > 2 {
			t.Errorf("startup took %v", a.StartupP50)
		}
		if b.StartupP50 != 0 {
			t.Errorf("nobody began on edge-b, in %v", b.StartupP50)
		}
		// The stall's time belongs to where the player has gone when it was over.
		if b.StallRatio != 0.5 || b.Watched*3600 != 10 {
			t.Errorf("edge-b: %+v", b)
		}
	})
}

func TestExactStallsCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		say(t, c, 1, `e=ps,sta=p,cdn="edge-a",bsd=0`)
		time.Sleep(8 * time.Second)
		say(t, c, 1, `e=ps,sta=r,cdn="edge-a",bsd=0`)
		time.Sleep(2 * time.Second)
		say(t, c, 1, `e=ps,sta=p,cdn="edge-a",bsd=2000`)
		if q := only(t, c, "edge-a"); q.Stalls != 1 || q.StallRatio != 0.2 {
			t.Errorf("%+v", q)
		}
		if h := c.Health("edge-a"); h != (Health{Sessions: 1, Stalled: 1}) {
			t.Errorf("%+v", h)
		}
	})
}

func TestLateAndLostEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		say(t, c, 1, `e=ps,sta=p,br=1000`)
		time.Sleep(10 * time.Second)
		say(t, c, 1, `e=t,sta=p,br=1000`)
		r, _ := Parse(fmt.Sprintf(`e=ps,sta=r,sid="1",v=2,ts=%d`, time.Now().Add(-3*time.Second).UnixMilli()))
		c.Observe(Observation{Report: r}) // came after the one that was said after it
		time.Sleep(80 * time.Minute)
		say(t, c, 1, `e=t,sta=p,br=1000`)
		if q := c.Summary()[0]; q.Stalls != 0 || time.Duration(q.Watched*float64(time.Hour)) > longestGap+10*time.Second {
			t.Errorf("%+v", q)
		}
	})
}

func TestMediaRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delivered []Delivery
		c := collector(Config{OnDelivered: func(d Delivery) { delivered = append(delivered, d) }})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = c.Run(ctx) }()
		for range 5 {
			for _, q := range []string{`ot=v,br=4000,d=2000`, `ot=a,br=128,d=2000,bs`, `ot=m`} {
				r := httptest.NewRequest("GET", "/live/show/x.m4s", nil)
				r.URL.RawQuery = "CMCD=" + strings.ReplaceAll(q+`,sid="s"`, `"`, "%22")
				c.Offer(r, "show", "DE", home(1))
			}
		}
		h := httptest.NewRequest("GET", "/live/show/x.m4s", nil)
		h.Header.Set("CMCD-Session", `sid="s"`)
		h.Header.Set("CMCD-Object", `ot=v,br=4000,d=2000`)
		c.Offer(h, "show", "DE", home(1))
		c.Offer(httptest.NewRequest("GET", "/live/show/x.m4s?a=CMCD", nil), "show", "DE", home(1))
		time.Sleep(6 * time.Second)
		cancel()
		synctest.Wait()
		q := only(t, c, None)
		if q.Watched*3600 != 12 || q.Stalls != 5 || q.Bitrate < 4_000_000 || q.Country != "DE" {
			t.Errorf("%+v", q)
		}
		if len(delivered) != 1 || delivered[0].Requests != 16 || delivered[0].Watched != 12*time.Second || delivered[0].Bytes != 6*1_000_000+5*32_000 {
			t.Errorf("%+v", delivered)
		}
	})
}

func TestNamesAreAClosedSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		for i := range 300 {
			r := Report{Session: fmt.Sprint(i), Content: fmt.Sprintf("stream%d", i), CDN: fmt.Sprintf("cdn%d", i), Event: "t"}
			if i%2 == 0 {
				r.Content = "show"
			}
			c.Observe(Observation{Report: r, Country: string([]byte{'A' + byte(i%26), 'A' + byte(i/26)}), Address: home(i)})
		}
		if n := len(c.groups.all()); n > 4+2*(maxCountries+1) {
			t.Errorf("%d groups", n)
		}
		if err := testutil.CollectAndCompare(c, strings.NewReader(`
# HELP lightstick_cmcd_refused_total Reports that were not used, by reason.
# TYPE lightstick_cmcd_refused_total counter
lightstick_cmcd_refused_total{reason="no_session"} 0
lightstick_cmcd_refused_total{reason="queue_full"} 0
lightstick_cmcd_refused_total{reason="rate"} 0
lightstick_cmcd_refused_total{reason="rubbish"} 0
lightstick_cmcd_refused_total{reason="sessions_of_address"} 0
lightstick_cmcd_refused_total{reason="too_large"} 0
lightstick_cmcd_refused_total{reason="too_many_sessions"} 0
`), "lightstick_cmcd_refused_total"); err != nil {
			t.Error(err)
		}
		if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
		summary := c.Summary()
		if len(summary) == 0 {
			t.Error("nothing is summed up")
		}
		for _, q := range summary {
			if (q.Stream != "show" && q.Stream != Other) || q.CDN != Other {
				t.Errorf("%+v", q)
			}
		}
	})
}

func TestViewersAreThoseWhoWatchLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		ctx, stop := context.WithCancel(t.Context())
		var upkeep sync.WaitGroup
		upkeep.Go(func() { _ = c.Run(ctx) })
		want := func(viewers, sessions int, why string) {
			t.Helper()
			synctest.Wait()
			if got := c.Viewers("show"); got != viewers {
				t.Errorf("%s: %d viewers, want %d", why, got, viewers)
			}
			if got := only(t, c, "edge-a").Sessions; got != sessions {
				t.Errorf("%s: %d sessions, want %d", why, got, sessions)
			}
		}
		for n := range 6 {
			say(t, c, n, `e=ps,sta=p,st=l,cdn="edge-a"`)
		}
		say(t, c, 6, `e=ps,sta=p,st=v,cdn="edge-a"`)
		want(6, 7, "six live, one in a recording")
		for n := range 5 {
			say(t, c, n, `e=ps,sta=q,st=l,cdn="edge-a"`) // pages that were closed
		}
		want(1, 2, "at once, not when they are forgotten")
		say(t, c, 0, `e=ps,sta=p,st=l,cdn="edge-a"`) // one comes back out of the browser's cache
		want(2, 3, "back again")
		say(t, c, 0, `e=ps,sta=p,st=v,cdn="edge-a"`)
		want(1, 3, "gone on in the recording")
		say(t, c, 0, `e=ps,sta=f,st=v,cdn="edge-a"`)
		want(1, 2, "failed")
		time.Sleep(30 * time.Second)
		want(1, 2, "the usual interval of reports")
		time.Sleep(watchingTTL)
		want(0, 0, "killed without a word")
		say(t, c, 5, `e=t,sta=p,st=l,cdn="edge-a"`)
		want(1, 1, "only asleep")
		say(t, c, 7, `e=ps,sta=p,st=l,cdn="edge-b"`)
		if got := c.Viewers("show"); got != 2 {
			t.Errorf("%d viewers by two CDNs, want 2", got)
		}
		if got := c.Viewers("another"); got != 0 {
			t.Errorf("%d viewers of nothing", got)
		}
		stop()
		upkeep.Wait()
	})
}

func TestSessionsAreBoundedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{MaxSessions: 100})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = c.Run(ctx) }()
		time.Sleep(time.Hour)
		if c.upkeep.Running() {
			t.Error("the collector works without sessions")
		}
		for i := range 150 {
			say(t, c, i, `e=t,sta=p,cdn="edge-a"`)
		}
		if q := only(t, c, "edge-a"); q.Sessions != 100 || c.counts.full.Load() != 50 {
			t.Errorf("%+v, %d refused", q, c.counts.full.Load())
		}
		time.Sleep(sessionTTL + 2*upkeepEvery)
		if q := only(t, c, "edge-a"); q.Sessions != 0 || c.count.Load() != 0 {
			t.Errorf("%+v", q)
		}
		time.Sleep(window)
		if list := c.Summary(); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		time.Sleep(groupTTL)
		if n := len(c.groups.all()); n != 4 {
			t.Errorf("%d groups are left", n)
		}
		if c.upkeep.Running() {
			t.Error("the collector works after it has forgotten the last session and group")
		}
		c.Observe(Observation{Report: Report{Event: "t"}})
		if c.counts.anonymous.Load() != 1 {
			t.Error("a report without a session was used")
		}
	})
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(Config{})
		for i := range 10 {
			say(t, c, i, `e=t,sta=p,cdn="edge-a"`)
		}
		for range 20 { // the same players, again and again
			time.Sleep(500 * time.Millisecond)
			say(t, c, 1, `e=e,sta=p,cdn="edge-a",ec=("fragLoadError")`)
			say(t, c, 1, `e=t,sta=p,cdn="edge-b"`)
			say(t, c, 2, `e=ps,sta=f,cdn="edge-a"`)
		}
		if h := c.Health("edge-a"); h.Sessions > 13 || h.Failed < 2 || h.Failed > 4 {
			t.Errorf("edge-a: %+v", h)
		}
		// Somebody invents players at one address.
		for i := range 100 {
			r := Report{Session: fmt.Sprint("x", i), Content: "show", CDN: "edge-b", Event: "e"}
			c.Observe(Observation{Report: r, Address: home(1000)})
		}
		if h := c.Health("edge-b"); h.Failed > maxVotes {
			t.Errorf("edge-b: %+v", h)
		}
		time.Sleep(healthWindow + healthSlice)
		if h := c.Health("edge-a"); h != (Health{}) {
			t.Errorf("after a minute: %+v", h)
		}
		if h := c.Health("nobody"); h != (Health{}) {
			t.Errorf("%+v", h)
		}
	})
}

func TestHandler(t *testing.T) {
	address := home(1)
	newHandler := func() *Handler {
		return &Handler{Collector: collector(Config{}), Address: func(*http.Request) netip.Addr { return address }, Rate: 5}
	}
	post := func(h *Handler, method, body string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/cmcd", strings.NewReader(body)))
		if w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Error("no CORS")
		}
		return w.Code
	}
	h := newHandler()
	for _, tt := range []struct {
		method, body string
		want         int
	}{
		{"POST", samples[1] + "\n", 204},
		{"POST", "rubbish ???", 204},
		{"POST", strings.Repeat("x", MaxBody+1), 413},
		{"OPTIONS", "", 204},
		{"GET", "", 405},
	} {
		if got := post(h, tt.method, tt.body); got != tt.want {
			t.Errorf("%s %.10q: %d", tt.method, tt.body, got)
		}
	}
	if n := &h.Collector.counts; n.event.Load() != 1 || n.rubbish.Load() != 1 || n.tooLarge.Load() != 1 {
		t.Errorf("counted %d, %d, %d", n.event.Load(), n.rubbish.Load(), n.tooLarge.Load())
	}
	if got := post(&Handler{}, "POST", ""); got != 410 {
		t.Errorf("switched off: %d", got)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		refused := 0
		for range 30 {
			if post(h, "POST", samples[1]) == 429 {
				refused++
			}
		}
		if refused != 15 {
			t.Errorf("%d of 30 were refused", refused)
		}
		address = home(2)
		if got := post(h, "POST", samples[1]); got != 204 {
			t.Errorf("another address: %d", got)
		}
	})
}

func TestLimitsAreBounded(t *testing.T) {
	h := Handler{Rate: 5}
	for i := range maxAddresses + 1000 {
		h.allowed(home(i))
	}
	if h.limiter.Len() > maxAddresses {
		t.Errorf("%d addresses", h.limiter.Len())
	}
}

func BenchmarkObserve(b *testing.B) {
	c := collector(Config{})
	text := `bl=1400,br=800,cdn="edge-a",cid="show",e=t,ltc=2100,mtp=9400,sf=h,sid="%d",sn=3,st=ll,sta=p,ts=1795435200123,v=2`
	bodies := make([][]byte, 10_000)
	for i := range bodies {
		bodies[i] = fmt.Appendf(nil, text, i)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			reports, _ := ParseBody(bodies[i%len(bodies)])
			c.Observe(Observation{Report: reports[0], Country: "KR", Address: home(i % len(bodies))})
		}
	})
}

func BenchmarkOfferWithoutCMCD(b *testing.B) {
	c := collector(Config{})
	r := httptest.NewRequest("GET", "/live/show/video.m3u8?_HLS_msn=27&_HLS_part=3", nil)
	b.ReportAllocs()
	for b.Loop() {
		c.Offer(r, "show", "KR", netip.Addr{})
	}
}
