package check

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The kinds of what is fetched, as requests are counted.
const (
	kindMultivariant = "multivariant"
	kindPlaylist     = "playlist"
	kindProbe        = "probe"
	kindInit         = "init"
	kindPart         = "part"
	kindSegment      = "segment"
	kindHint         = "hint"
)

// Bounds of what is read; a server that sends more is answered with an error.
const (
	maxPlaylist = 8 << 20
	maxMedia    = 64 << 20
)

// requestTimeout bounds a request: the longest hold of a server with target
// durations of 10 s, and some time to send.
const requestTimeout = 45 * time.Second

var errTooLarge = errors.New("check: the answer is larger than a client accepts")

// request is what to fetch and how.
type request struct {
	kind string
	url  *url.URL
	part byteRange
	gzip bool // ask for compression
}

// response is an answer that has been read.
type response struct {
	status    int
	proto     int // major version of HTTP
	header    http.Header
	body      []byte
	gzipped   bool
	begun     time.Time
	firstByte time.Time // of the body
	done      time.Time
}

func (r *response) took() time.Duration { return r.done.Sub(r.begun) }

// fetcher makes the requests and counts them.
type fetcher struct {
	client *http.Client

	mu    sync.Mutex
	count map[string]int
	bytes int64
}

func newFetcher(client *http.Client) *fetcher {
	return &fetcher{client: client, count: make(map[string]int)}
}

// get fetches. Any status is a response; an error means that there was none, or
// that its body could not be read.
func (f *fetcher) get(ctx context.Context, q request) (*response, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url.String(), nil)
	if err != nil {
		return nil, err
	}
	// Set explicitly, so that the transport adds nothing and decodes nothing.
	r.Header.Set("Accept-Encoding", "identity")
	if q.gzip {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	r.Header.Set("Origin", "https://player.example") // as a player in a page would
	if q.part.Length >= 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", q.part.Start, q.part.Start+q.part.Length-1))
	}
	out := &response{begun: time.Now()}
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out.status, out.proto, out.header = answer.StatusCode, answer.ProtoMajor, answer.Header
	limit := int64(maxMedia)
	if q.kind == kindMultivariant || q.kind == kindPlaylist || q.kind == kindProbe {
		limit = maxPlaylist
	}
	if err := out.read(answer.Body, limit); err != nil {
		return nil, fmt.Errorf("%s: %w", q.url, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[q.kind]++
	f.bytes += int64(len(out.body))
	return out, nil
}

// read reads and unpacks the body, both within the limit.
func (r *response) read(body io.Reader, limit int64) error {
	var first [1]byte
	n, err := io.ReadFull(body, first[:])
	r.firstByte = time.Now()
	if err == nil {
		if r.body, err = readAll(body, limit-1); err == nil {
			r.body = append(first[:n:n], r.body...)
		}
	}
	r.done = time.Now()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if r.header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	r.gzipped = true
	unpacked, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil {
		return fmt.Errorf("gzip: %w", err)
	}
	r.body, err = readAll(unpacked, limit)
	return err
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errTooLarge
	}
	return b, err
}

// requests returns the counts by kind, and the bytes of all bodies.
func (f *fetcher) requests() (map[string]int, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]int, len(f.count))
	maps.Copy(out, f.count)
	return out, f.bytes
}
