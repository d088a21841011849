package httpserver

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// v2 is a header of version 2: command 0 is LOCAL, 1 PROXY.
func v2(command, family byte, payload []byte) string {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), 0x20|command, family)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	return string(append(b, payload...))
}

// addresses are source, destination and their ports.
func addresses(source, destination string) []byte {
	b := append(netip.MustParseAddr(source).AsSlice(), netip.MustParseAddr(destination).AsSlice()...)
	return append(b, 0xb5, 0xc4, 0, 80) // 46532, 80
}

var (
	ipv4 = addresses("198.51.100.7", "203.0.113.1")
	ipv6 = addresses("2001:db8::7", "2001:db8::1")
)

// proxiedListener trusts the loopback network.
func proxiedListener(t *testing.T, cfg LimitsConfig) (net.Listener, *Limits) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Trusted = NewProxies([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}, ForwardedFor)
	limits := NewLimits(cfg)
	l := limits.ListenProxied(inner, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = l.Close() })
	return l, limits
}

// dialFrom connects from a loopback address.
func dialFrom(t *testing.T, l net.Listener, address string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func TestProxyHeaders(t *testing.T) {
	l, limits := proxiedListener(t, LimitsConfig{})
	own := "127.0.0.1"
	for _, tt := range []struct{ name, header, want string }{
		{"v1", "PROXY TCP4 198.51.100.7 203.0.113.1 46532 80\r\n", "198.51.100.7:46532"},
		{"v1 IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 46532 80\r\n", "[2001:db8::7]:46532"},
		{"v1 unknown", "PROXY UNKNOWN\r\n", own},
		{"v1 unknown with more", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", own},
		{"v2", v2(1, 0x11, ipv4), "198.51.100.7:46532"},
		{"v2 IPv6", v2(1, 0x21, ipv6), "[2001:db8::7]:46532"},
		{"v2 of HTTP/3", v2(1, 0x12, ipv4), "198.51.100.7:46532"},
		{"v2 with additions", v2(1, 0x11, append(bytes.Clone(ipv4), append([]byte{0xea, 2, 0}, make([]byte, 512)...)...)), "198.51.100.7:46532"},
		{"v2 Unix", v2(1, 0x31, make([]byte, 216)), own},
		{"v2 local", v2(0, 0, nil), own},
		{"v2 local with an address", v2(0, 0x11, ipv4), own},
	} {
		for name, parts := range map[string][]string{"at once": {tt.header + "GET "}, "byte by byte": strings.Split(tt.header+"GET ", "")} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				c := dialFrom(t, l, own)
				for _, part := range parts {
					if _, err := io.WriteString(c, part); err != nil {
						t.Fatal(err)
					}
				}
				got, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer got.Close()
				if remote := got.RemoteAddr().String(); remote != tt.want && !strings.HasPrefix(remote, tt.want+":") {
					t.Errorf("from %s, want %s", remote, tt.want)
				}
				request := make([]byte, 4)
				if _, err := io.ReadFull(got, request); err != nil || string(request) != "GET " {
					t.Errorf("%q %v", request, err)
				}
				if _, err := io.WriteString(got, "answer"); err != nil {
					t.Error(err)
				}
				answer := make([]byte, 6)
				if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "answer" {
					t.Errorf("%q %v", answer, err)
				}
			})
		}
	}
	if got := testutil.ToFloat64(limits.refused.WithLabelValues("proxy_protocol")); got != 0 {
		t.Errorf("%v were refused", got)
	}
}

func TestBadProxyHeaders(t *testing.T) {
	l, limits := proxiedListener(t, LimitsConfig{})
	bad := map[string]string{
		"none":                    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"TLS":                     "\x16\x03\x01\x02\x00\x01",
		"v1 without end":          "PROXY TCP4 " + strings.Repeat("1", 200),
		"v1 bare line feed":       "PROXY TCP4 198.51.100.7 203.0.113.1 46532 80\n",
		"v1 not an address":       "PROXY TCP4 198.51.100.700 203.0.113.1 46532 80\r\n",
		"v1 port":                 "PROXY TCP4 198.51.100.7 203.0.113.1 465320 80\r\n",
		"v1 family":               "PROXY TCP9 198.51.100.7 203.0.113.1 46532 80\r\n",
		"v1 family of another":    "PROXY TCP4 2001:db8::7 2001:db8::1 46532 80\r\n",
		"v1 short":                "PROXY TCP4\r\n",
		"v1 nobody":               "PROXY TCP4 0.0.0.0 203.0.113.1 46532 80\r\n",
		"v2 version":              strings.Replace(v2(1, 0x11, ipv4), "\x21\x11", "\x31\x11", 1),
		"v2 command":              v2(7, 0x11, ipv4),
		"v2 family":               v2(1, 0x41, ipv4),
		"v2 proxy for nobody":     v2(1, 0, ipv4),
		"v2 short":                v2(1, 0x11, ipv4[:8]),
		"v2 longer than we read":  v2(1, 0x11, make([]byte, 60_000)),
		"v2 everybody":            v2(1, 0x11, addresses("255.255.255.255", "203.0.113.1")),
		"v2 signature cut short":  "\r\n\r\n\x00\r\nQUIX\n\x21\x11",
		"v1 in another's clothes": "PROXX TCP4 198.51.100.7 203.0.113.1 46532 80\r\n",
	}
	for name, header := range bad {
		t.Run(name, func(t *testing.T) {
			c := dialFrom(t, l, "127.0.0.1")
			if _, err := io.WriteString(c, header); err != nil {
				t.Fatal(err)
			}
			// What was not read resets the connection, at times before the answer is read.
			answer, err := io.ReadAll(c)
			if len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || len(answer) == 0 && err == nil {
				t.Errorf("%q %v", answer, err)
			}
		})
	}
	if got := testutil.ToFloat64(limits.refused.WithLabelValues("proxy_protocol")); int(got) != len(bad) {
		t.Errorf("%v were counted, want %d", got, len(bad))
	}
	// A load balancer that only looks whether the port is open.
	_ = dialFrom(t, l, "127.0.0.1").(*net.TCPConn).CloseWrite()
	// Others' headers are left for HTTP to refuse, and believed by nobody.
	stranger := dialFrom(t, l, "127.0.0.2")
	header := "PROXY TCP4 198.51.100.7 203.0.113.1 46532 80\r\n"
	if _, err := io.WriteString(stranger, header); err != nil {
		t.Fatal(err)
	}
	got, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	text := make([]byte, len(header))
	if _, err := io.ReadFull(got, text); err != nil || string(text) != header || !strings.HasPrefix(got.RemoteAddr().String(), "127.0.0.2:") {
		t.Errorf("%q from %v, %v", text, got.RemoteAddr(), err)
	}
	limits.mu.Lock()
	defer limits.mu.Unlock()
	if limits.total > 2 { // that one, and the one that asks whether we live
		t.Errorf("%d connections are still counted", limits.total)
	}
}

// Clients are counted, and proxies are not.
func TestLimitsBehindProxies(t *testing.T) {
	l, limits := proxiedListener(t, LimitsConfig{PerIP: 1, Max: 5})
	open := func(from, header string) (net.Conn, net.Conn) {
		c := dialFrom(t, l, from)
		if _, err := io.WriteString(c, header); err != nil {
			t.Fatal(err)
		}
		got, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = got.Close() })
		return c, got
	}
	refused := func(from, header, limit string) {
		t.Helper()
		before := testutil.ToFloat64(limits.refused.WithLabelValues(limit))
		c := dialFrom(t, l, from)
		if _, err := io.WriteString(c, header); err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(c)
		if got := testutil.ToFloat64(limits.refused.WithLabelValues(limit)) - before; got != 1 {
			t.Errorf("%s %q: refused %v times by %s", from, header, got, limit)
		}
	}
	one := "PROXY TCP4 198.51.100.7 203.0.113.1 1 80\r\n"
	_, first := open("127.0.0.1", one)
	refused("127.0.0.1", one, "ip")
	open("127.0.0.1", "PROXY TCP4 198.51.100.8 203.0.113.1 1 80\r\n")
	local := v2(0, 0, nil)
	open("127.0.0.1", local)
	open("127.0.0.1", local) // the proxy itself
	_, inner := open("127.0.0.1", "PROXY TCP4 10.0.0.1 203.0.113.1 1 80\r\n")
	refused("127.0.0.1", local, "total")
	_ = inner.Close()
	open("127.0.0.2", "")
	refused("127.0.0.2", "", "total")
	_ = first.Close()
	refused("127.0.0.2", "", "ip")
	open("127.0.0.1", one)
}

// pipes is a listener of pipes from one address.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1} }

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return addressed{c}, nil
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.conns) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A header that does not come in time, or comes in small bits, ends the connection; and
// closing the listener does not wait for it.
func TestProxyHeaderTakesItsTime(t *testing.T) {
	for _, header := range []string{"", "PROXY TCP4 198.51.100.7 203.0.113.1 46532 80\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			inner := &pipes{conns: make(chan net.Conn)}
			limits := NewLimits(LimitsConfig{Trusted: proxies(ForwardedFor)})
			l := limits.ListenProxied(inner, slog.New(slog.DiscardHandler))
			ours, theirs := net.Pipe()
			inner.conns <- ours
			begun := time.Now()
			var sending sync.WaitGroup
			sending.Go(func() {
				for _, b := range []byte(header) {
					time.Sleep(time.Second)
					if _, err := theirs.Write([]byte{b}); err != nil {
						return
					}
				}
			})
			answer, _ := io.ReadAll(theirs)
			if took := time.Since(begun); took != proxyTimeout || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
				t.Errorf("after %v: %q", took, answer)
			}
			_ = theirs.Close()
			sending.Wait()
			another, _ := net.Pipe()
			inner.conns <- another
			synctest.Wait()
			begun = time.Now()
			if err := l.Close(); err != nil || time.Since(begun) > time.Second {
				t.Errorf("%v after %v", err, time.Since(begun))
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
			if limits.total != 0 {
				t.Errorf("%d connections are still counted", limits.total)
			}
		})
	}
}

func FuzzProxyHeader(f *testing.F) {
	for _, text := range []string{
		"PROXY TCP4 198.51.100.7 203.0.113.1 46532 80\r\nGET / HTTP/1.1\r\n", "PROXY UNKNOWN\r\n", v2(1, 0x11, ipv4) + "GET ", v2(1, 0x21, ipv6),
		v2(0, 0, nil), v2(1, 0x31, make([]byte, 216)), v2(1, 0x11, append(bytes.Clone(ipv4), 4, 0, 9)), "PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		client, unread, err := parseProxyHeader(bufio.NewReaderSize(bytes.NewReader(text), maxProxyHeader))
		if err != nil {
			return
		}
		if client.IsValid() && !possible(client.Addr()) {
			t.Errorf("%q: %v", text, client)
		}
		if len(text) <= maxProxyHeader && !bytes.HasSuffix(text, unread) {
			t.Errorf("%q leaves %q", text, unread)
		}
	})
}
