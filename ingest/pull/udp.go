package pull

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// udpIdle is how long a sender may be silent.
	udpIdle = 10 * time.Second
	// udpBuffer is what the kernel keeps of a burst, in bytes, as far as it lets us.
	udpBuffer = 4 << 20
	// maxDatagram is the longest that there is.
	maxDatagram = 64 << 10
)

// udpClient takes a transport stream that somebody sends to a port of ours, or to a multicast
// group, by RTP or without.
type udpClient struct {
	group  netip.AddrPort // to listen on
	iface  *net.Interface // for the group; nil: the system's choice
	source netip.Addr     // whose datagrams are taken; invalid: those of whoever comes first
	idle   time.Duration
}

func newUDP(a Address, _ *slog.Logger) (client, error) { return parseUDP(a) }

func checkUDP(a Address) error {
	_, err := parseUDP(a)
	return err
}

func parseUDP(a Address) (*udpClient, error) {
	c := &udpClient{idle: udpIdle}
	host := netip.IPv4Unspecified()
	var err error
	if name := a.url.Hostname(); name != "" {
		if host, err = netip.ParseAddr(name); err != nil {
			return nil, errors.New("udp:// listens: use udp://@:PORT, an address of this machine, or a multicast group")
		}
	}
	port, err := strconv.ParseUint(a.url.Port(), 10, 16)
	if err != nil || port == 0 {
		return nil, errors.New("the address has no port")
	}
	c.group = netip.AddrPortFrom(host, uint16(port))
	if text := a.options.Get("source"); text != "" {
		if c.source, err = netip.ParseAddr(text); err != nil {
			return nil, errors.New("source=: use the IP address of the sender")
		}
	}
	if name := a.options.Get("interface"); name != "" {
		if c.iface, err = net.InterfaceByName(name); err != nil {
			return nil, fmt.Errorf("interface=: %w", err)
		}
	}
	return c, nil
}

// Fetch implements client. It waits for the first datagram for as long as it takes: nobody
// can be asked for it.
func (c *udpClient) Fetch(ctx context.Context, gate ingest.Gate) error {
	conn, err := c.listen()
	if err != nil {
		return fmt.Errorf("%w; use a port that is free, or a group that an interface of this machine can join", err)
	}
	defer conn.Close()
	_ = conn.SetReadBuffer(udpBuffer)
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	return fetchTS(ctx, gate, &datagrams{conn: conn, source: c.source, idle: c.idle, buffer: make([]byte, maxDatagram)}, 0)
}

func (c *udpClient) listen() (*net.UDPConn, error) {
	address := net.UDPAddrFromAddrPort(c.group)
	if c.group.Addr().IsMulticast() {
		return net.ListenMulticastUDP("udp", c.iface, address)
	}
	return net.ListenUDP("udp", address)
}

// datagrams are those of one sender, one after the other.
type datagrams struct {
	conn   *net.UDPConn
	source netip.Addr
	idle   time.Duration
	locked netip.AddrPort // the sender that was heard first
	buffer []byte
	left   []byte
}

// Read implements io.Reader.
func (d *datagrams) Read(b []byte) (int, error) {
	for len(d.left) == 0 {
		if err := d.receive(); err != nil {
			return 0, err
		}
	}
	n := copy(b, d.left)
	d.left = d.left[n:]
	return n, nil
}

// Close ends a Read.
func (d *datagrams) Close() error { return d.conn.Close() }

func (d *datagrams) receive() error {
	n, from, err := d.conn.ReadFromUDPAddrPort(d.buffer)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: nothing came for %v; check the sender, and the network", ingest.ErrLost, d.idle)
	case err != nil:
		return err
	case d.source.IsValid() && from.Addr().Unmap() != d.source.Unmap(), d.locked.IsValid() && from != d.locked:
		return nil // of somebody else
	}
	d.locked, d.left = from, withoutRTP(d.buffer[:n])
	return d.conn.SetReadDeadline(time.Now().Add(d.idle)) // which others don't move
}

// withoutRTP leaves out the header of a datagram that has one (RFC 2250 §2): what remains is
// whole transport packets.
func withoutRTP(b []byte) []byte {
	const header, packet, sync = 12, 188, 0x47
	if len(b) > header && len(b)%packet == header && b[0] != sync && b[header] == sync {
		return b[header:]
	}
	return b
}
