package hls

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/internal/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	partDuration    = 200 * time.Millisecond
	partsPerSegment = 5
	listedSegments  = 4
)

// scripted is an origin whose stream began some time ago and goes by the clock
// alone: part n is there when n+1 part durations have passed.
type scripted struct {
	began     time.Time
	ends      int64                                             // number of parts; 0: it goes on
	frozen    func(n int64) int64                               // parts that are there, of those that should be
	intercept func(w http.ResponseWriter, r *http.Request) bool // answers in the origin's place
	polls     atomic.Int64                                      // of media playlists
	parts     atomic.Int64                                      // parts and segments served
	blocked   atomic.Int64                                      // reloads with directives
}

// there is how many parts exist now.
func (s *scripted) there() int64 {
	n := int64(time.Since(s.began) / partDuration)
	if s.frozen != nil {
		n = s.frozen(n)
	}
	if s.ends > 0 {
		n = min(n, s.ends)
	}
	return n
}

// await waits until part n exists; false: the player has gone, or it never will.
func (s *scripted) await(ctx context.Context, n int64) bool {
	for s.there() <= n {
		if s.ends > 0 && s.there() == s.ends {
			return false
		}
		// 10 ms after the clock's next part.
		if !retry.Sleep(ctx, partDuration-time.Since(s.began)%partDuration+10*time.Millisecond) {
			return false
		}
	}
	return true
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.intercept != nil && s.intercept(w, r) {
		return
	}
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch {
	case name == "index.m3u8":
		_, _ = io.WriteString(w, "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"audio.m3u8\"\n"+
			"#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=16x9,AUDIO=\"a\"\nvideo.m3u8\n")
	case strings.HasSuffix(name, ".m3u8"):
		s.serveMedia(w, r)
	default:
		var msn, part int64
		if n, _ := fmt.Sscanf(name, "%d.%d.m4s", &msn, &part); n == 2 && !s.await(r.Context(), msn*partsPerSegment+part) {
			http.NotFound(w, r)
			return
		}
		s.parts.Add(1)
		_, _ = w.Write(make([]byte, 10_000))
	}
}

func (s *scripted) serveMedia(w http.ResponseWriter, r *http.Request) {
	s.polls.Add(1)
	if msn := r.FormValue("_HLS_msn"); msn != "" {
		s.blocked.Add(1)
		first, _ := strconv.ParseInt(msn, 10, 64)
		part, _ := strconv.ParseInt(r.FormValue("_HLS_part"), 10, 64)
		if s.await(r.Context(), first*partsPerSegment+part); r.Context().Err() != nil {
			return
		}
	}
	_, _ = io.WriteString(w, s.playlist(s.there()))
}

// playlist lists n parts as far as the window goes.
func (s *scripted) playlist(n int64) string {
	var b strings.Builder
	first := max(n/partsPerSegment-listedSegments, 0)
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n"+
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-MAP:URI=\"init.mp4\"\n", first)
	for i := first * partsPerSegment; i < n; i++ {
		msn, part := i/partsPerSegment, i%partsPerSegment
		if part == 0 {
			begin := s.began.Add(time.Duration(i) * partDuration)
			b.WriteString(begin.UTC().Format("#EXT-X-PROGRAM-DATE-TIME:2006-01-02T15:04:05.000Z\n"))
		}
		fmt.Fprintf(&b, "#EXT-X-PART:DURATION=0.2,URI=\"%d.%d.m4s\",INDEPENDENT=YES\n", msn, part)
		if part == partsPerSegment-1 {
			fmt.Fprintf(&b, "#EXTINF:1,\n%d.m4s\n", msn)
		}
	}
	if s.ends > 0 && n == s.ends {
		b.WriteString("#EXT-X-ENDLIST\n")
	} else {
		fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%d.%d.m4s\"\n", n/partsPerSegment, n%partsPerSegment)
	}
	return b.String()
}

// pipes is a listener and the way to it, without a network.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// play runs viewers against a handler, all in a synctest bubble.
func play(t *testing.T, h http.Handler, cfg Config) *Report {
	t.Helper()
	p := pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(p) }()
	defer server.Close()
	cfg.URL, cfg.dial = "http://origin/live/show/index.m3u8", p.dial
	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
