package pull

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// A sender who isn't heard must not keep a stream alive whose own sender is gone.
func TestOthersDoNotKeepAStreamAlive(t *testing.T) {
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	receiver, own, other := listen(), listen(), listen()
	d := &datagrams{conn: receiver, idle: 100 * time.Millisecond, buffer: make([]byte, maxDatagram)}
	if _, err := own.WriteTo([]byte("own"), receiver.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n, err := d.Read(b); string(b[:n]) != "own" || err != nil {
		t.Fatalf("%q, %v", b[:n], err)
	}
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for range 6000 { // half a minute, if nobody ends it
			select {
			case <-tick.C:
				_, _ = other.WriteTo([]byte("other"), receiver.LocalAddr())
			case <-stop:
				return
			}
		}
		_ = receiver.Close()
	})
	if n, err := d.Read(b); n != 0 || !errors.Is(err, ingest.ErrLost) {
		t.Errorf("%q, %v", b[:n], err)
	}
	close(stop)
	sending.Wait()
}
