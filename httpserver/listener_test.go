package httpserver

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/clientnet"
)

func listen(t *testing.T, cfg LimitsConfig) *Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewLimits(cfg).Listen(inner)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestLimits(t *testing.T) {
	for name, cfg := range map[string]LimitsConfig{"total": {Max: 2}, "ip": {PerIP: 2}} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, cfg)
			accepted := make(chan net.Conn, 8)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						close(accepted)
						return
					}
					accepted <- c
				}
			}()
			dial := func() net.Conn {
				c, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				return c
			}
			dial()
			first := <-accepted
			dial()
			<-accepted
			answer, err := io.ReadAll(dial())
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") || !strings.HasSuffix(string(answer), "\r\n\r\ntoo many connections\n") {
				t.Errorf("the third is told %q, %v", answer, err)
			}
			_ = first.Close()
			_ = first.Close() // counts once
			dial()
			<-accepted
			if answer, _ := io.ReadAll(dial()); len(answer) == 0 {
				t.Error("a connection was counted out twice")
			}
		})
	}
}

func TestIPv6HostsAreCountedByTheirNetwork(t *testing.T) {
	at := func(address string) netip.Addr {
		return clientnet.Addr(peerOf((&net.TCPAddr{IP: net.ParseIP(address), Port: 4}).String()))
	}
	if at("2001:db8::1") != at("2001:db8::ffff") || at("2001:db8::1") == at("2001:db8:0:1::1") {
		t.Error("not by /64")
	}
	if at("::ffff:192.0.2.1") != at("192.0.2.1") || at("192.0.2.1") == at("192.0.2.2") {
		t.Error("IPv4 is mistaken")
	}
}

// fake is a connection whose peer reads nothing: writes end at their deadline.
type fake struct {
	net.Conn
	remote   net.Addr
	deadline *time.Time
}

func (f fake) RemoteAddr() net.Addr { return f.remote }
func (f fake) Write([]byte) (int, error) {
	time.Sleep(time.Until(*f.deadline))
	return 0, os.ErrDeadlineExceeded
}
func (f fake) SetWriteDeadline(t time.Time) error { *f.deadline = t; return nil }

func TestAPeerThatReadsNothingIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conn{Conn: fake{deadline: new(time.Time)}}
		begun := time.Now()
		if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != writeTimeout {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		// A deadline of the caller's stands.
		if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		begun = time.Now()
		if _, err := c.Write([]byte("x")); err == nil || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestFilesAndLongWritesArriveWhole(t *testing.T) {
	l := listen(t, LimitsConfig{})
	want := bytes.Repeat([]byte("lightstick"), 100_000)
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, want, 0o600); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			sent <- err
			return
		}
		defer c.Close()
		f, err := os.Open(file)
		if err != nil {
			sent <- err
			return
		}
		defer f.Close()
		n, err := c.(io.ReaderFrom).ReadFrom(&io.LimitedReader{R: f, N: int64(len(want))})
		if n != int64(len(want)) {
			err = errors.Join(err, io.ErrShortWrite)
		}
		_, wrote := c.Write(want)
		sent <- errors.Join(err, wrote)
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, append(bytes.Clone(want), want...)) {
		t.Errorf("%d bytes of %d arrived: %v", len(got), 2*len(want), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
