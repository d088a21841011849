package chat

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// The key of RFC 6455 §1.3, whose answer is known: it proves to a server that the
// client speaks WebSocket, and a fixed one does as well.
const (
	wsKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	wsAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// errBusy is a server that asks to come back later.
type errBusy time.Duration

func (e errBusy) Error() string { return "status 503" }

// dialChat opens a connection and asks for what it needs. It returns when the
// server has answered all of that.
func (r *run) dial(ctx context.Context, c *conn, name string) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	for {
		nc, reader, err := r.upgrade(ctx)
		var busy errBusy
		if errors.As(err, &busy) {
			r.shard.refused.Add(1)
			if !retry.Sleep(ctx, time.Duration(busy)+time.Duration(rand.Int64N(int64(time.Second)))) {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		return r.greet(ctx, nc, reader, c, name)
	}
}

// upgrade is RFC 6455 §4.1.
func (r *run) upgrade(ctx context.Context) (net.Conn, *bufio.Reader, error) {
	nc, err := r.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	unwatch := context.AfterFunc(ctx, func() { _ = nc.Close() })
	fail := func(err error) (net.Conn, *bufio.Reader, error) {
		_ = nc.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, nil, err
	}
	defer unwatch()
	if _, err := nc.Write(r.request); err != nil {
		return fail(err)
	}
	reader := r.readers.Get().(*bufio.Reader)
	defer func() {
		if err != nil {
			r.readers.Put(reader)
		}
	}()
	reader.Reset(nc)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return fail(err)
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		err = errBusy(time.Duration(max(after, 1)) * time.Second)
		return fail(err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		err = measure.StatusError(answer.StatusCode)
		return fail(err)
	}
	if answer.Header.Get("Sec-WebSocket-Accept") != wsAccept {
		err = fmt.Errorf("%w: not a WebSocket server", measure.ErrMalformed)
		return fail(err)
	}
	return nc, reader, nil
}

func (r *run) open(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: -1}
	nc, err := dialer.DialContext(ctx, "tcp", r.address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", measure.ErrConnect, err)
	}
	if r.target.Scheme != "wss" {
		return nc, nil
	}
	secure := tls.Client(nc, &tls.Config{ServerName: r.target.Hostname(), InsecureSkipVerify: r.cfg.Insecure}) // asked for by --insecure
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return secure, nil
}

// greet hands the connection to whoever reads it, and waits for its first answers.
func (r *run) greet(ctx context.Context, nc net.Conn, reader *bufio.Reader, c *conn, name string) error {
	early, _ := reader.Peek(reader.Buffered())
	early = append([]byte(nil), early...)
	reader.Reset(nil)
	r.readers.Put(reader)
	moved, err := r.poller.take(nc, c)
	if err != nil {
		_ = nc.Close()
		return err
	}
	if !moved {
		c.pipe = netPipe{nc}
	}
	if err := c.pipe.write(c.hello(name)); err != nil {
		c.pipe.close()
		return err
	}
	if len(early) > 0 {
		if err := c.feed(early, time.Now()); err != nil {
			c.end(err)
		}
	}
	if moved && !c.ended {
		err = r.poller.watch(c)
	} else if !moved {
		r.reading.Go(func() { r.read(nc, c) })
	}
	if err != nil {
		return err
	}
	select {
	case err := <-c.ready:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// netPipe is a connection that Go's own poller reads.
type netPipe struct{ net.Conn }

func (n netPipe) write(b []byte) error {
	_, err := n.Write(b)
	return err
}

func (n netPipe) close() { _ = n.Close() }

// read feeds a connection that the poller can't have.
func (r *run) read(nc net.Conn, c *conn) {
	unwatch := context.AfterFunc(r.reads, func() { _ = nc.Close() })
	defer unwatch()
	buffer := make([]byte, 4<<10)
	for {
		n, err := nc.Read(buffer)
		if n > 0 {
			r.shard.bytes.Add(int64(n))
			if failed := c.feed(buffer[:n], time.Now()); failed != nil {
				err = failed
			}
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// upgradeRequest is the same for every connection.
func upgradeRequest(target *url.URL) []byte {
	path := target.RequestURI()
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + target.Host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + wsKey + "\r\nUser-Agent: lightstick-loadtest\r\n\r\n")
}
