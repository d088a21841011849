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

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// setupTimeout bounds the time from connecting to an accepted publish.
	setupTimeout = 10 * time.Second
	// writeTimeout bounds each write: a peer that doesn't read is gone.
	writeTimeout = 5 * time.Second
	// ackWindow is announced to peers, in bytes.
	ackWindow = 2_500_000
	// publishStream is the only message stream ID given out, as the library counts
	// it: little endian.
	publishStream = 0x1000000
	readBuffer    = 32 << 10
)

// errDone ends a connection cleanly.
var errDone = errors.New("rtmp: publisher is done")

// connection serves one publisher.
type connection struct {
	gate   ingest.Gate
	conn   net.Conn
	idle   time.Duration
	remote string

	counter *bytecounter.Reader
	chunks  *chunkReader
	writer  *message.Writer
	acked   uint64
	window  uint32 // the peer's: acknowledge each so many bytes

	app     string
	tcURL   string
	session *ingest.Session
	media   *demuxer

	kick     sync.Mutex
	kickedBy error
}

// serve runs the connection to its end. The error says why it ended; nil is a
// clean end.
func (c *connection) serve(ctx context.Context) (err error) {
	setup := time.Now().Add(setupTimeout)
	rw := &deadlineConn{Conn: c.conn, slack: c.idle / 10, until: func() time.Time {
		if c.session == nil {
			return setup
		}
		return time.Now().Add(c.idle)
	}}
	defer func() {
		if reason := c.kicked(); reason != nil {
			err = reason
		}
		if c.session != nil {
			c.session.Close(err)
		}
		if err != nil && c.kicked() == nil {
			c.linger()
		}
	}()
	c.counter = bytecounter.NewReader(rw)
	buffered := bufio.NewReaderSize(c.counter, readBuffer)
	c.chunks = newChunkReader(buffered)
	c.writer = message.NewWriter(rw, bytecounter.NewWriter(rw), false)
	if tlsConn, ok := c.conn.(*tls.Conn); ok {
		if err := tlsConn.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
	}
	if _, _, err := handshake.DoServer(readWriter{buffered, rw}, false); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if err := c.loop(ctx); !errors.Is(err, errDone) {
		return err
	}
	return nil
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
			if errors.Is(err, io.EOF) && c.session != nil {
				return ingest.ErrLost
			}
			if c.session != nil {
				return c.refuseUnsupported(err)
			}
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

// acknowledge reports the bytes received when the peer asked for it (§5.4.3).
func (c *connection) acknowledge() error {
	if count := c.counter.Count(); c.window > 0 && count-c.acked >= uint64(c.window) {
		c.acked = count
		return c.writer.Write(&message.Acknowledge{Value: uint32(count)})
	}
	return nil
}

func (c *connection) handle(ctx context.Context, m rtmpMessage) error {
	switch m.kind {
	case typeSetChunkSize:
		if len(m.body) != 4 {
			return fmt.Errorf("%w: Set Chunk Size of %d bytes", ErrChunk, len(m.body))
		}
		return c.chunks.setChunkSize(binary.BigEndian.Uint32(m.body))
	case typeAbort:
		if len(m.body) == 4 {
			c.chunks.abort(binary.BigEndian.Uint32(m.body))
		}
	case typeWindowAckSize:
		if len(m.body) == 4 {
			c.window = max(binary.BigEndian.Uint32(m.body), 16<<10)
		}
	case typeUserControl:
		return c.userControl(m.body)
	case typeCommandAMF0:
		return c.command(ctx, m.body)
	case typeCommandAMF3:
		// AMF3 commands as Flash sent them: one byte, then AMF0.
		if len(m.body) > 0 {
			return c.command(ctx, m.body[1:])
		}
	case typeDataAMF0:
		c.data(m.timestamp, m.body)
	case typeDataAMF3:
		// As with commands: one byte, then AMF0.
		if len(m.body) > 0 {
			c.data(m.timestamp, m.body[1:])
		}
	case typeAudio, typeVideo:
		return c.refuseUnsupported(c.media.handle(m))
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

// refuseUnsupported tells the publisher why, before the connection ends.
func (c *connection) refuseUnsupported(err error) error {
	for _, reason := range []error{ingest.ErrUnsupported, ingest.ErrRemoved, ingest.ErrTooLarge, ingest.ErrMalformed} {
		if errors.Is(err, reason) {
			_ = c.status("error", "NetStream.Publish.Failed", err.Error())
			break
		}
	}
	return err
}

func (c *connection) status(level, code, description string) error {
	return c.writer.Write(&message.CommandAMF0{
		ChunkStreamID: 5, MessageStreamID: publishStream, Name: "onStatus",
		Arguments: amf0.Data{nil, amf0.Object{
			{Key: "level", Value: level},
			{Key: "code", Value: code},
			{Key: "description", Value: description},
		}},
	})
}
