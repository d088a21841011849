package rtmp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// setupTimeout bounds the time from connecting, or from the end of a publication, to an
	// accepted publish.
	setupTimeout = 10 * time.Second
	// writeTimeout bounds each write: a peer that doesn't read is gone.
	writeTimeout = 5 * time.Second
	// ackWindow is announced to peers, in bytes, and holds until they announce theirs.
	ackWindow = 2_500_000
	// peerBandwidth is what a client may send before it must wait for an acknowledgement,
	// in bytes: two of the largest pictures, for they come between messages only. One in
	// the middle of FFmpeg's last picture would be unread when FFmpeg closes the connection,
	// which resets it then: what it sent last, FCUnpublish too, would be lost.
	peerBandwidth = 32 << 20
	readBuffer    = 32 << 10
)

// connection serves one client, and one publication at a time.
type connection struct {
	gate   ingest.Gate
	conn   net.Conn
	idle   time.Duration
	begun  time.Time
	remote string

	counter *bytecounter.Reader
	chunks  *chunkReader
	writer  *message.Writer
	acked   uint64
	window  uint32 // acknowledge each so many bytes

	app, tcURL string // of connect
	setup      time.Time
	publishes  int // commands
	published  bool

	// Of the publication that goes on; session is nil if none does.
	session  *ingest.Session
	media    *demuxer
	key      string // secret
	streamID uint32

	kick     sync.Mutex
	kickedBy error
}

// run serves the connection to its end. The error says why it ended; nil is a
// clean end.
func (c *connection) run(ctx context.Context) (err error) {
	c.setup = time.Now().Add(setupTimeout)
	rw := &deadlineConn{Conn: c.conn, slack: c.idle / pings / 10, silent: c.silent, until: func() time.Time {
		if c.session == nil {
			return c.setup
		}
		return time.Now().Add(c.idle / pings)
	}}
	defer func() { err = c.end(err) }()
	c.counter = bytecounter.NewReader(rw)
	buffered := bufio.NewReaderSize(c.counter, readBuffer)
	c.chunks, c.window = newChunkReader(buffered), ackWindow
	c.writer = message.NewWriter(rw, bytecounter.NewWriter(rw), false)
	if tlsConn, ok := c.conn.(*tls.Conn); ok {
		if err := tlsConn.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
	}
	if first, err := buffered.Peek(1); err == nil {
		if err := wrongProtocol(first[0]); err != nil {
			return err
		}
	}
	if _, _, err := handshake.DoServer(readWriter{buffered, rw}, false); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return c.loop(ctx)
}

// end closes the publication that goes on, for the reason that err is, and tells the
// client. It returns the reason in words.
func (c *connection) end(err error) error {
	reason := c.kicked()
	switch {
	case reason != nil:
		err = reason
	case c.session != nil:
		err = inWords(err, c.idle)
		c.tellReason(err)
	case c.published && errors.As(inWords(err, c.idle), &loss{}):
		err = nil // the publication has ended before, as it should
	}
	if c.session != nil {
		c.session.Close(err)
	}
	if err != nil && reason == nil {
		c.linger()
	}
	return err
}

type readWriter struct {
	io.Reader
	io.Writer
}

// lingerTime is how long a refused publisher has to read why.
const lingerTime = time.Second

// linger lets what was written last arrive: closing a connection with unread input
// resets it, and the publisher would never see the reason.
func (c *connection) linger() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, io.LimitReader(c.conn, maxUnfinished))
}

// stop ends the connection from another goroutine.
func (c *connection) stop(reason error) {
	c.kick.Lock()
	if c.kickedBy == nil {
		c.kickedBy = reason
	}
	c.kick.Unlock()
	_ = c.conn.Close()
}

func (c *connection) kicked() error {
	c.kick.Lock()
	defer c.kick.Unlock()
	return c.kickedBy
}

func (c *connection) loop(ctx context.Context) error {
	for {
		m, err := c.chunks.read()
		if err != nil {
			return err
		}
		if err := c.acknowledge(); err != nil {
			return err
		}
		if err := c.handle(ctx, m); err != nil {
			return err
		}
		c.countDropped()
	}
}

// countDropped counts the messages that the chunk reader left out.
func (c *connection) countDropped() {
	if c.session != nil {
		for range c.chunks.dropped {
			c.session.Repaired(ingest.RepairUnfinished)
		}
	}
	c.chunks.dropped = 0
}

// acknowledge reports the bytes received (§5.4.3).
func (c *connection) acknowledge() error {
	if count := c.counter.Count(); count-c.acked >= uint64(c.window) {
		c.acked = count
		return c.writer.Write(&message.Acknowledge{Value: uint32(count)})
	}
	return nil
}

func (c *connection) handle(ctx context.Context, m rtmpMessage) error {
	switch m.kind {
	case typeSetChunkSize:
		if len(m.body) < 4 {
			return fmt.Errorf("%w: Set Chunk Size of %d bytes", ErrChunk, len(m.body))
		}
		return c.chunks.setChunkSize(binary.BigEndian.Uint32(m.body))
	case typeAbort:
		if len(m.body) >= 4 {
			c.chunks.abort(binary.BigEndian.Uint32(m.body))
		}
	case typeWindowAckSize:
		if len(m.body) >= 4 {
			c.window = max(binary.BigEndian.Uint32(m.body), 16<<10)
		}
	case typeUserControl:
		return c.userControl(m.body)
	case typeCommandAMF0:
		return c.command(ctx, m, m.body)
	case typeCommandAMF3:
		return c.command(ctx, m, withoutAMF3Marker(m.body))
	default:
		return c.publication(m)
	}
	return nil
}

// publication takes the messages that a publication consists of. After its end they mean
// nothing.
func (c *connection) publication(m rtmpMessage) error {
	if c.session == nil {
		return nil
	}
	switch m.kind {
	case typeDataAMF0:
		c.data(m.timestamp, m.body)
	case typeDataAMF3:
		c.data(m.timestamp, withoutAMF3Marker(m.body))
	case typeAudio, typeVideo:
		return c.media.handle(m)
	case typeAggregate:
		sound, err := m.split(func(part rtmpMessage) error {
			if part.kind == typeAggregate {
				return nil
			}
			return c.publication(part)
		})
		if !sound {
			c.session.Repaired(ingest.RepairBadUnit)
		}
		return err
	}
	return nil
}

// userControl answers ping requests (§7.1.7).
func (c *connection) userControl(body []byte) error {
	const pingRequest = 6
	if len(body) == 6 && binary.BigEndian.Uint16(body) == pingRequest {
		return c.writer.Write(&message.UserControlPingResponse{ServerTime: binary.BigEndian.Uint32(body[2:])})
	}
	return nil
}
