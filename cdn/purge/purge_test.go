package purge

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// calls is an API that notes what it is asked.
type calls struct {
	mu    sync.Mutex
	lines []string
	last  *http.Request
	body  string
	code  int
}

func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+string(body)))
	c.last, c.body = r, string(body)
	w.Header().Set("Location", "http://127.0.0.1:1/")
	w.WriteHeader(c.code)
}

func start(t *testing.T) (*calls, string) {
	c := &calls{code: 200}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return c, s.URL
}

var (
	show      = Object{Stream: "show"}
	recorded  = Object{Stream: "展 1", Recording: "r1"}
	published = Object{Stream: "show", Publication: "p1"}
)

func TestTargets(t *testing.T) {
	c, url := start(t)
	host := strings.TrimPrefix(url, "http://")
	tests := []struct {
		name, target string
		objects      []Object
		want         []string
		header       map[string]string
		tags         string
	}{
		{"one key of Fastly", "fastly://hush@SVC?endpoint=" + url, []Object{recorded},
			[]string{"POST /service/SVC/purge/recording-r1"}, map[string]string{"Fastly-Key": "hush", "Fastly-Soft-Purge": ""}, "Surrogate-Key"},
		{"keys of Fastly, softly", "fastly://hush@SVC?soft=true&endpoint=" + url, []Object{show, published},
			[]string{`POST /service/SVC/purge {"surrogate_keys":["stream-show","publication-p1"]}`}, map[string]string{"Fastly-Key": "hush", "Fastly-Soft-Purge": "1"}, "Surrogate-Key"},
		{"tags of Cloudflare", "cloudflare://hush@ZONE?endpoint=" + url, []Object{show, recorded},
			[]string{`POST /zones/ZONE/purge_cache {"tags":["stream-show","recording-r1"]}`}, map[string]string{"Authorization": "Bearer hush"}, "Cache-Tag"},
		{"prefixes of Cloudflare", "cloudflare://hush@ZONE?host=a.example.com&endpoint=" + url, []Object{show},
			[]string{`POST /zones/ZONE/purge_cache {"prefixes":["a.example.com/live/show/"]}`}, map[string]string{"Authorization": "Bearer hush"}, ""},
		{"Varnish", "varnish://hush@" + host, []Object{show, recorded},
			[]string{"BAN /", "BAN /"}, map[string]string{HeaderSecret: "hush", HeaderStream: "%E5%B1%95%201", HeaderRecording: "%E5%B1%95%201/r1", HeaderPublication: ""}, ""},
		{"anything", url + "/purge{path}?tag={tag}#method=POST&header=X-Key:%20hush", []Object{recorded},
			[]string{"POST /purge/live/%E5%B1%95%201/recordings/r1/"}, map[string]string{"X-Key": "hush"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.lines = nil
			target, err := Parse("a", tt.target)
			if err != nil {
				t.Fatal(err)
			}
			if err := target.Purger.Purge(t.Context(), tt.objects); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(c.lines) != fmt.Sprint(tt.want) || target.TagHeader != tt.tags {
				t.Errorf("asked %q with tags in %q", c.lines, target.TagHeader)
			}
			for name, want := range tt.header {
				if got := c.last.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			// What goes wrong says what to check, and shows no secret.
			for _, code := range []int{302, 403, 404, 429, 500} {
				c.mu.Lock()
				c.code = code
				c.mu.Unlock()
				err := target.Purger.Purge(t.Context(), tt.objects)
				if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), fmt.Sprint(code)) || Permanent(err) != (code < 429) {
					t.Errorf("%d: %v, permanent %v", code, err, Permanent(err))
				}
			}
			c.code = 200
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := target.Purger.Purge(ctx, tt.objects); err == nil || strings.Contains(err.Error(), "hush") {
				t.Errorf("cancelled: %v", err)
			}
		})
	}
}

// CloudFront's API as its reference has it: a signed POST of an XML document.
func TestCloudFront(t *testing.T) {
	type batch struct {
		XMLName xml.Name `xml:"InvalidationBatch"`
		Caller  string   `xml:"CallerReference"`
		Count   int      `xml:"Paths>Quantity"`
		Paths   []string `xml:"Paths>Items>Path"`
	}
	c, url := start(t)
	c.code = 201
	target, err := Parse("a", "cloudfront://AKID:hu%2Fsh@E123?endpoint="+url)
	if err != nil || target.Batch != cloudFrontPaths {
		t.Fatalf("%+v, %v", target, err)
	}
	if err := target.Purger.Purge(t.Context(), []Object{show, recorded}); err != nil {
		t.Fatal(err)
	}
	var got batch
	if err := xml.Unmarshal([]byte(c.body), &got); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.lines[0], "POST /2020-05-31/distribution/E123/invalidation ") || got.Count != 2 || got.Caller == "" ||
		fmt.Sprint(got.Paths) != "[/live/show/* /live/%E5%B1%95%201/recordings/r1/*]" {
		t.Errorf("%q %+v", c.lines, got)
	}
	if a := c.last.Header.Get("Authorization"); !strings.HasPrefix(a, "AWS4-HMAC-SHA256 Credential=AKID/") || !strings.Contains(a, "/us-east-1/cloudfront/aws4_request") || strings.Contains(a, "hu/sh") {
		t.Errorf("signed %q", a)
	}
	for _, code := range []int{403, 404, 500} {
		c.code = code
		n := len(c.lines)
		err := target.Purger.Purge(t.Context(), []Object{show})
		if err == nil || strings.Contains(err.Error(), "hu/sh") || !strings.Contains(err.Error(), fmt.Sprint(code)) || len(c.lines) != n+1 {
			t.Errorf("%d: %v in %d calls", code, err, len(c.lines)-n)
		}
	}
}

func TestBadTargets(t *testing.T) {
	for address, want := range map[string]string{
		"": "use cloudfront", "hush": "use cloudfront", "ftp://hush@h": "use cloudfront", "fastly://SVC": "TOKEN@SERVICE", "cloudflare://hush@": "use cloudfront",
		"fastly://hush@SVC?soft=hush": "true or false", "fastly://hush@SVC?endpoint=hush": "http://", "fastly://hush@SVC?hush=1": "soft, endpoint",
		"cloudfront://hush@E1": "both keys", "varnish://host:80": "SECRET@", "varnish://hush@host?x=1": "no options", "http://hush/x": "{stream}",
		"http://h/{path}#method=HUSH": "PURGE, BAN", "http://h/{path}#header=hush": "NAME:VALUE", "http://{stream}/hush": "use cloudfront", "%zz://hush": "use cloudfront",
		"cloudflare://ZONE": "TOKEN@ZONE", "http://h/{path}#header=A:b%0d%0ahush:c": "NAME:VALUE",
	} {
		target, err := Parse("a", address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %+v, %v; want %q", address, target, err, want)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"fastly://t@s?soft=true", "cloudflare://t@z?host=h", "cloudfront://a:b@c", "varnish://s@h:80", "https://h/{path}#method=POST&header=A:b", "http://h/{tag}",
	} {
		f.Add(s, "show", "r")
	}
	f.Fuzz(func(t *testing.T, address, stream, recording string) {
		target, err := Parse("a", address)
		if err != nil {
			return
		}
		if g, ok := target.Purger.(*generic); ok {
			g.expand(Object{Stream: stream, Recording: recording})
		}
		o := Object{Stream: stream, Recording: recording}
		if strings.ContainsAny(o.Path()+o.Tag(), " \r\n\"") {
			t.Errorf("%q %q", o.Path(), o.Tag())
		}
	})
}

func TestFromPrefix(t *testing.T) {
	for prefix, want := range map[string]Object{
		"live/show/": {Stream: "show"}, "live/show/recordings/r1/": {Stream: "show", Recording: "r1"}, "live/show/p1/": {Stream: "show", Publication: "p1"},
		"live/show/p1/video/": {Stream: "show", Publication: "p1"}, "live/": {}, "x/show/": {}, "live/show/recordings/": {},
	} {
		if got, ok := FromPrefix(prefix); got != want || ok != (want != Object{}) {
			t.Errorf("%s: %+v, %v", prefix, got, ok)
		}
	}
}

// scripted is a purger that fails as told.
type scripted struct {
	mu    sync.Mutex
	calls [][]Object
	fails func(call int) error
}

func (s *scripted) Purge(_ context.Context, objects []Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, objects)
	if s.fails != nil {
		return s.fails(len(s.calls))
	}
	return nil
}

func (s *scripted) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.calls)
}

func running(t *testing.T, p Purger, batch int) (*Queue, func()) {
	q := NewQueue([]*Target{{Name: "a", Kind: "http", Batch: batch, Purger: p}}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = q.Run(ctx) }()
	return q, func() { cancel(); <-ended }
}

func TestQueueCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{}
		q, stop := running(t, p, 2)
		defer stop()
		for range 3 {
			for _, o := range []Object{published, {Stream: "other"}, {Stream: "show", Recording: "r"}, show, published} {
				if err := q.Purge(o); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Second)
		if p.seen() != "[[{other  } {show  }]]" {
			t.Errorf("purged %s", p.seen())
		}
		if s := q.Status()[0]; s.Purged != 2 || s.Waiting != 0 || s.Error != "" || s.Last.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// An API that is down blocks nobody, and is asked again until it is up.
func TestQueueTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{fails: func(call int) error {
			if call < 6 {
				return errors.New("down")
			}
			return nil
		}}
		q, stop := running(t, p, 1)
		defer stop()
		started := time.Now()
		for i := range maxWaiting + 5 {
			if err := q.Purge(Object{Stream: fmt.Sprint(i)}); (err != nil) != (i >= maxWaiting) {
				t.Fatalf("object %d: %v", i, err)
			}
		}
		if time.Since(started) != 0 {
			t.Error("it waited")
		}
		time.Sleep(10 * time.Second)
		if s := q.Status()[0]; s.Error != "down" || s.Waiting < maxWaiting-1 || s.Failing.IsZero() {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * time.Minute)
		if s := q.Status()[0]; s.Error != "" || s.Purged != maxWaiting || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestQueueGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{fails: func(int) error { return &statusError{403, "check"} }}
		q, stop := running(t, p, 1)
		_ = q.Purge(show)
		time.Sleep(2 * Keep)
		s := q.Status()[0]
		if s.GivenUp != 1 || s.Waiting != 0 || len(p.calls) > 130 {
			t.Errorf("%+v after %d calls", s, len(p.calls))
		}
		// A stop does not wait for an API that is down.
		_ = q.Purge(show)
		started := time.Now()
		stop()
		if time.Since(started) > farewell+time.Second {
			t.Errorf("stopped after %v", time.Since(started))
		}
	})
}
