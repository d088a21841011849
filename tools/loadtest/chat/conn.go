package chat

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// pipe is what a connection writes to. A write is whole or fails.
type pipe interface {
	write(b []byte) error
	close()
}

// conn is a connection after its upgrade, of a reader or of a publisher. feed
// is called by one goroutine at a time.
type conn struct {
	run       *run
	pipe      pipe
	room      int
	publisher *publisher // nil: a reader
	windows   []window   // of a reader, by publisher; only its reading goroutine writes
	baseline  []uint32   // the first numbers that it has to receive

	rest    []byte // the beginning of a frame
	message []byte // the fragments of a message so far
	ready   chan error
	live    atomic.Bool // subscribed
	ended   bool
}

var (
	pongReply = appendFrame(nil, opText, []byte("{}"))
	errEnded  = errors.New("connection ended")
)

// disconnectError is a close frame of the server.
type disconnectError struct {
	code   int
	reason string
}

func (d disconnectError) Error() string { return fmt.Sprintf("disconnected: %d %s", d.code, d.reason) }

// protocolError is an error reply of the centrifuge protocol.
type protocolError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (p *protocolError) Error() string { return fmt.Sprintf("error %d: %s", p.Code, p.Message) }

// hello asks for everything that a connection needs, in one frame.
func (c *conn) hello(name string) []byte {
	cfg := c.run.cfg
	commands := `{"id":1,"connect":{`
	if cfg.Token != "" {
		commands += `"token":"` + cfg.Token + `",`
	}
	commands += `"data":{"name":"` + name + `"},"name":"loadtest"}}` + "\n" + // writers have to be in the room, too
		`{"id":2,"subscribe":{"channel":"` + cfg.channel(c.room) + `"}}`
	return appendFrame(nil, opText, []byte(commands))
}

// feed takes bytes as they come. After an error the connection has ended.
func (c *conn) feed(data []byte, now time.Time) error {
	if c.ended {
		return errEnded
	}
	if len(c.rest) > 0 {
		c.rest = append(c.rest, data...)
		data = c.rest
	}
	for {
		f, size, err := nextFrame(data)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if err := c.frame(f, now); err != nil {
			return err
		}
		data = data[size:]
	}
	if len(data) == 0 {
		c.rest = nil
	} else {
		c.rest = append(c.rest[:0], data...)
	}
	return nil
}

func (c *conn) frame(f wsFrame, now time.Time) error {
	switch f.opcode {
	case opText:
		if f.final {
			return c.lines(f.payload, now)
		}
		c.message = append(c.message[:0], f.payload...)
	case opContinuation:
		if len(c.message)+len(f.payload) > maxFrame {
			return measure.ErrTooLong
		}
		c.message = append(c.message, f.payload...)
		if f.final {
			whole := c.message
			c.message = nil
			return c.lines(whole, now)
		}
	case opClose:
		d := disconnectError{code: 1005}
		if len(f.payload) >= 2 {
			d = disconnectError{int(binary.BigEndian.Uint16(f.payload)), string(f.payload[2:])}
		}
		return d
	case opPing:
		return c.pipe.write(appendFrame(nil, opPong, f.payload))
	case opPong:
	default:
		return errFrame
	}
	return nil
}

// lines takes a frame's replies.
func (c *conn) lines(payload []byte, now time.Time) error {
	delivered := false
	for len(payload) > 0 {
		line := payload
		if end := bytes.IndexByte(payload, '\n'); end >= 0 {
			line, payload = payload[:end], payload[end+1:]
		} else {
			payload = nil
		}
		if s, ok := findStamp(line, c.run.cfg.session); ok {
			c.deliver(s, now)
			delivered = true
			continue
		}
		if err := c.reply(line, now); err != nil {
			return err
		}
	}
	if delivered && c.publisher == nil {
		c.run.shard.frames.Add(1)
	}
	return nil
}

// deliver counts a message at a reader.
func (c *conn) deliver(s stamp, now time.Time) {
	if c.publisher != nil || s.publisher >= len(c.windows) || s.publisher < 0 {
		return
	}
	shard := &c.run.shard
	if s.room != c.room {
		shard.astray.Add(1)
		return
	}
	if s.number < c.baseline[s.publisher] {
		return // sent before it had subscribed
	}
	switch c.windows[s.publisher].add(s.number) {
	case double:
		shard.doubles.Add(1)
		return
	case late:
		shard.late.Add(1)
	}
	shard.deliveries.Add(1)
	shard.latency.Add(time.Duration(now.UnixNano() - s.sent))
}

// reply is what matters of a reply.
type reply struct {
	ID    uint32         `json:"id"`
	Error *protocolError `json:"error"`
	Push  *struct {
		Disconnect  *disconnectPush `json:"disconnect"`
		Unsubscribe *disconnectPush `json:"unsubscribe"`
	} `json:"push"`
}

type disconnectPush struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

func (c *conn) reply(line []byte, now time.Time) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if len(line) == 2 && line[0] == '{' && line[1] == '}' {
		return c.pipe.write(pongReply)
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("%w: %.60q", measure.ErrMalformed, line)
	}
	switch {
	case r.Push != nil && r.Push.Disconnect != nil:
		return disconnectError{r.Push.Disconnect.Code, r.Push.Disconnect.Reason}
	case r.Push != nil && r.Push.Unsubscribe != nil:
		c.run.stats.unsubscribed(r.Push.Unsubscribe.Code)
	case r.ID == 1 && r.Error != nil, r.ID == 2 && r.Error != nil:
		return r.Error
	case r.ID == 2:
		c.begin()
	case r.ID >= firstPublishID && c.publisher != nil:
		c.publisher.answered(r.ID-firstPublishID, r.Error, now)
	}
	return nil
}

// begin marks a connection that has all it asked for. A reader has to receive what
// is written from now on.
func (c *conn) begin() {
	for i, p := range c.run.rooms[c.room] {
		if c.publisher == nil {
			c.baseline[i] = p.ledger.upcoming()
		}
	}
	c.live.Store(true)
	c.ready <- nil
}

// end is called once, when the connection can't go on.
func (c *conn) end(err error) {
	if c.ended {
		return
	}
	c.ended = true
	c.pipe.close()
	c.rest, c.message = nil, nil
	select {
	case c.ready <- err: // it never began
	default:
	}
	if c.live.Swap(false) {
		c.run.lost(c, err)
	}
}
