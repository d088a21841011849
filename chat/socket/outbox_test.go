package socket

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/centrifugal/centrifuge"
)

// brief is a connection whose write deadlines come soon.
type brief struct {
	net.Conn
	after time.Duration
	set   chan time.Time
}

func (b *brief) Plain() net.Conn { return b.Conn }

func (b *brief) SetWriteDeadline(t time.Time) error {
	if !t.IsZero() {
		t = time.Now().Add(b.after)
	}
	b.set <- t
	return b.Conn.SetWriteDeadline(t)
}

// TestSlowOnce is a reader who was behind and caught up: the time that they were given
// for it must not end what is written to them later.
func TestSlowOnce(t *testing.T) {
	here, there := pair(t)
	conn := &brief{here, 100 * time.Millisecond, make(chan time.Time, 64)}
	ended := make(chan bool, 64)
	o := newOutbox(conn, 64<<20, func(f func()) { go func() { f(); ended <- true }() })
	large, total := make([]byte, 1<<20), 0
	for drains := false; !drains; { // until the kernel takes no more
		if err := o.write(large); err != nil {
			t.Fatal(err)
		}
		total += len(large)
		o.mu.Lock()
		drains = o.draining
		o.mu.Unlock()
	}
	if _, err := io.CopyN(io.Discard, there, int64(total)); err != nil {
		t.Fatal(err)
	}
	<-ended
	time.Sleep(time.Until((<-conn.set).Add(10 * time.Millisecond)))
	if err := o.write([]byte("later")); err != nil {
		t.Errorf("what came later: %v", err)
	}
}

// TestBrokenConnection is one that can't be written to any more: it is closed, so that
// its reader and the peer notice.
func TestBrokenConnection(t *testing.T) {
	here, _ := pair(t)
	if err := here.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	o := newOutbox(here, 1<<20, func(f func()) { go f() })
	if err := o.write([]byte("lost")); err == nil {
		t.Fatal("it was taken")
	}
	_ = here.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := here.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
}

// TestKeptInAll is many who don't read: when they have too much together, each may have
// little only, and what is written or given up is not counted any more.
func TestKeptInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		var kept atomic.Int64
		o := newOutbox(here, 64<<10, func(f func()) { go f() })
		o.kept = &kept
		for range 2 {
			if err := o.write(make([]byte, 20<<10)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the goroutine has taken the first
		}
		kept.Add(maxKeptInAll)
		if err := o.write(make([]byte, 20<<10)); err != centrifuge.DisconnectSlow {
			t.Errorf("got %v", err)
		}
		kept.Add(-maxKeptInAll)
		if _, err := io.CopyN(io.Discard, there, 10<<10); err != nil {
			t.Fatal(err)
		}
		_ = there.Close()
		synctest.Wait()
		if n := kept.Load(); n != 0 {
			t.Errorf("%d bytes are still counted", n)
		}
	})
}

// pair are both ends of a connection.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if there, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if here, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return here, there
}
