package rtmp

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// countingConn counts how often a read deadline is set.
type countingConn struct {
	net.Conn
	set int
}

func (c *countingConn) SetReadDeadline(t time.Time) error {
	c.set++
	return c.Conn.SetReadDeadline(t)
}

func TestReadDeadlineFollowsTheData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle, reads, pause = 10 * time.Second, 1000, 20 * time.Millisecond
		here, there := net.Pipe()
		defer there.Close()
		counting := &countingConn{Conn: here}
		d := &deadlineConn{Conn: counting, slack: idle / 10, until: func() time.Time { return time.Now().Add(idle) }}
		defer d.Close()
		go func() {
			for range reads {
				_, _ = there.Write([]byte{1})
				time.Sleep(pause)
			}
		}()
		b := make([]byte, 1)
		for range reads {
			if _, err := io.ReadFull(d, b); err != nil {
				t.Fatal(err)
			}
		}
		if limit := int(reads*pause/d.slack) + 1; counting.set > limit {
			t.Errorf("the deadline was set %d times for %d reads, want at most %d", counting.set, reads, limit)
		}
		last := time.Now()
		if _, err := d.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("silence ends with %v", err)
		}
		if silent := time.Since(last); silent < idle-d.slack || silent > idle {
			t.Errorf("a silent publisher was given up after %v, want %v to %v", silent, idle-d.slack, idle)
		}
	})
}
