package s3test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// FaultProxy passes requests on to a server, or fails in a stated way.
type FaultProxy struct {
	URL string

	server *httptest.Server
	pass   *httputil.ReverseProxy
	closed chan struct{}

	mu       sync.Mutex
	arrived  *sync.Cond // signals requests
	requests int
	always   Fault
	next     []Fault
}

// Fault is what happens to a request. The zero value passes it on.
type Fault struct {
	// Status answers so without asking the server; Code and Message make an error of
	// S3 of it, Body something else; Header goes with both.
	Status        int
	Code, Message string
	Body          string
	Header        http.Header

	ResetBefore bool // resets the connection before the server gets the request
	ResetAfter  bool // lets the server do its work, and then resets the connection
	Stall       bool // takes the request and never answers
	Truncate    int  // cuts the body of the answer after so many bytes, and the connection

	Latency   time.Duration // before the request is passed on
	Bandwidth int           // bytes a second in each direction; 0: all there are
}

// The faults of a server that has too much to do, or breaks.
var (
	SlowDown      = Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
	InternalError = Fault{Status: http.StatusInternalServerError, Code: "InternalError", Message: "We encountered an internal error."}
	ResetBefore   = Fault{ResetBefore: true}
	ResetAfter    = Fault{ResetAfter: true}
	Stall         = Fault{Stall: true}
)

// Proxy runs a proxy to target, a URL, until the test ends.
func Proxy(t testing.TB, target string) *FaultProxy {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	p := &FaultProxy{closed: make(chan struct{})}
	p.arrived = sync.NewCond(&p.mu)
	p.pass = &httputil.ReverseProxy{
		// The Host stays as the client signed it.
		Rewrite:      func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host },
		Transport:    transport,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL
	t.Cleanup(func() {
		close(p.closed)
		p.server.Close()
		transport.CloseIdleConnections()
	})
	return p
}

// Set gives the fault of all requests from now on.
func (p *FaultProxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always, p.next = f, nil
}

// Next gives the faults of the next requests, one each; later ones get Set's.
func (p *FaultProxy) Next(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append(p.next, faults...)
}

// Requests counts those that have arrived.
func (p *FaultProxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Await returns once so many requests have arrived in all, or with ctx.
func (p *FaultProxy) Await(ctx context.Context, n int) error {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.arrived.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.requests < n && ctx.Err() == nil {
		p.arrived.Wait()
	}
	return ctx.Err()
}

func (p *FaultProxy) take() Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	p.arrived.Broadcast()
	if len(p.next) == 0 {
		return p.always
	}
	f := p.next[0]
	p.next = p.next[1:]
	return f
}

// ServeHTTP implements http.Handler.
func (p *FaultProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.take()
	if f.Latency > 0 && !p.pause(r.Context(), f.Latency) {
		return
	}
	if f.Bandwidth > 0 {
		r.Body = &slowReader{r.Body, p, r.Context(), f.Bandwidth}
		w = &slowWriter{w, p, r.Context(), f.Bandwidth}
	}
	switch {
	case f.ResetBefore:
		reset(w)
	case f.ResetAfter:
		p.pass.ServeHTTP(httptest.NewRecorder(), r)
		reset(w)
	case f.Stall:
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client leaves
		select {
		case <-r.Context().Done():
		case <-p.closed:
		}
	case f.Status != 0:
		answer(w, r, f)
	case f.Truncate > 0:
		p.pass.ServeHTTP(&truncating{ResponseWriter: w, left: f.Truncate}, r)
	default:
		p.pass.ServeHTTP(w, r)
	}
}

func answer(w http.ResponseWriter, r *http.Request, f Fault) {
	_, _ = io.Copy(io.Discard, r.Body)
	maps.Copy(w.Header(), f.Header)
	body := f.Body
	if f.Code != "" {
		w.Header().Set("Content-Type", "application/xml")
		body = fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", f.Code, f.Message)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, body)
}

// reset makes the client see "connection reset by peer".
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// truncating ends the connection within the body.
type truncating struct {
	http.ResponseWriter
	left int
}

func (w *truncating) Write(b []byte) (int, error) {
	if len(b) < w.left {
		w.left -= len(b)
		return w.ResponseWriter.Write(b)
	}
	_, _ = w.ResponseWriter.Write(b[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// pause waits, unless the client leaves.
func (p *FaultProxy) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-p.closed:
	}
	return false
}

// slice is how many bytes go at once over a slow line: a twentieth of a second's.
func slice(bandwidth int) int { return max(bandwidth/20, 1) }

func (p *FaultProxy) took(ctx context.Context, n, bandwidth int) bool {
	return p.pause(ctx, time.Duration(n)*time.Second/time.Duration(bandwidth))
}

type slowReader struct {
	io.ReadCloser
	proxy     *FaultProxy
	ctx       context.Context
	bandwidth int
}

func (r *slowReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b[:min(len(b), slice(r.bandwidth))])
	if !r.proxy.took(r.ctx, n, r.bandwidth) {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

type slowWriter struct {
	http.ResponseWriter
	proxy     *FaultProxy
	ctx       context.Context
	bandwidth int
}

// Unwrap is for http.ResponseController.
func (w *slowWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *slowWriter) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		part := b[written:min(len(b), written+slice(w.bandwidth))]
		n, err := w.ResponseWriter.Write(part)
		written += n
		if err != nil {
			return written, err
		}
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		if !w.proxy.took(w.ctx, n, w.bandwidth) {
			return written, io.ErrUnexpectedEOF
		}
	}
	return written, nil
}
