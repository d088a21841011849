package bind

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// An operator reads which port can't be opened and why; programs still find the cause.
func TestExplain(t *testing.T) {
	fault := func(network string, addr net.Addr, errno syscall.Errno) error {
		return fmt.Errorf("rtmp: %w", &net.OpError{Op: "listen", Net: network, Addr: addr, Err: os.NewSyscallError("bind", errno)})
	}
	tcp, udp := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1935}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8890}
	for _, tt := range []struct {
		err   error
		want  string
		cause error
	}{
		{fault("tcp", tcp, syscall.EADDRINUSE), "TCP port 127.0.0.1:1935 is already in use by another program", syscall.EADDRINUSE},
		{fault("udp4", udp, syscall.EADDRINUSE), "UDP port 127.0.0.1:8890 is already in use by another program", syscall.EADDRINUSE},
		{fault("tcp", tcp, syscall.EACCES), "TCP port 127.0.0.1:1935 can't be opened without root or the capability CAP_NET_BIND_SERVICE", syscall.EACCES},
		{fault("tcp", tcp, syscall.EADDRNOTAVAIL), "TCP port 127.0.0.1:1935 can't be opened: this machine doesn't have that address", syscall.EADDRNOTAVAIL},
		{fault("tcp", tcp, syscall.EMFILE), "rtmp: listen tcp 127.0.0.1:1935: bind: too many open files", syscall.EMFILE},
		{os.ErrClosed, os.ErrClosed.Error(), os.ErrClosed},
	} {
		if got := Explain(tt.err); got.Error() != tt.want || !errors.Is(got, tt.cause) {
			t.Errorf("%v\nwant %s", got, tt.want)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := Listen(taken.Addr().String()); err == nil || !strings.Contains(Explain(err).Error(), taken.Addr().String()+" is already in use") {
		t.Errorf("a real one: %v", Explain(err))
	}
}
