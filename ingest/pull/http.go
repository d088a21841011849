package pull

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/hls"
	"github.com/globalfandom/lightstick/ingest/httpget"
	"github.com/globalfandom/lightstick/ingest/mpegts"
)

// httpLead is how far a transport stream may be ahead of real time: servers send what they
// have kept at once, and files as fast as they can.
const httpLead = 5 * time.Second

// httpClient fetches HLS or a transport stream, whichever the server has.
type httpClient struct {
	url *url.URL
	tls *tls.Config
	log *slog.Logger
}

func newHTTP(a Address, log *slog.Logger) (client, error) {
	config, err := a.trust()
	return &httpClient{url: a.plain(), tls: config, log: log}, err
}

// Fetch implements client.
func (c *httpClient) Fetch(ctx context.Context, gate ingest.Gate) error {
	get := httpget.New(c.tls)
	defer get.Close()
	if playlist(path.Ext(c.url.Path), "") {
		return c.fetchHLS(ctx, gate, get)
	}
	answer, err := get.Get(ctx, c.url, 0, 0)
	if err != nil {
		return err
	}
	defer answer.Close()
	if playlist(path.Ext(answer.URL.Path), answer.Type) {
		_ = answer.Close()
		return c.fetchHLS(ctx, gate, get)
	}
	return fetchTS(ctx, gate, answer, httpLead)
}

func (c *httpClient) fetchHLS(ctx context.Context, gate ingest.Gate, get *httpget.Client) error {
	return (&hls.Client{URL: c.url, Get: get, Log: c.log}).Fetch(ctx, gate)
}

// playlist tells HLS by the end of a path, or by a media type.
func playlist(extension, mediaType string) bool {
	return extension == ".m3u8" || extension == ".m3u" || strings.Contains(strings.ToLower(mediaType), "mpegurl")
}

// fetchTS feeds a publication from a transport stream. It is opened when the first bytes
// come. lead is how far it may be ahead of real time; 0: it comes in real time.
func fetchTS(ctx context.Context, gate ingest.Gate, r io.Reader, lead time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	buffered := bufio.NewReaderSize(r, 64<<10)
	first, err := buffered.Peek(7)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the server sent nothing", ingest.ErrLost)
	}
	if err != nil {
		return err
	}
	if bytes.HasPrefix(first, []byte("#EXTM3U")) {
		return fmt.Errorf("%w: a playlist came that does not say so; let the server send application/vnd.apple.mpegurl, or end the path in .m3u8", ingest.ErrUnsupported)
	}
	sink, err := gate.Open(ctx, ingest.Request{Kick: cancel})
	if err != nil {
		return err
	}
	if closer, ok := r.(io.Closer); ok {
		defer context.AfterFunc(ctx, func() { _ = closer.Close() })()
	}
	if lead > 0 {
		sink = &ingest.Pacer{Sink: sink, Done: ctx.Done(), Lead: lead}
	}
	session := ingest.NewSession(sink, mpegts.Scale, mpegts.WrapBits)
	err = mpegts.Demux(buffered, session, mpegts.Config{})
	if cause := context.Cause(ctx); cause != nil {
		err = cause
		if ctx.Err() == cause {
			err = ingest.ErrShuttingDown
		}
	}
	session.Close(err)
	return err
}
