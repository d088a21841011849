package httpserver

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// proxies trusts 10.0.0.0/8 and fd00::/8.
func proxies(header string) *Proxies {
	return NewProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, header)
}

// from is a request of a peer, as it reaches handlers behind p.
func from(p *Proxies, peer string, header http.Header) *http.Request {
	r := httptest.NewRequest("GET", "http://origin/live/a", nil)
	r.RemoteAddr, r.Header = peer, header
	return r.WithContext(WithProxies(r.Context(), p))
}

const proxy, stranger = "10.1.1.1:4000", "192.0.2.9:4000"

func TestClientAddrFromForwardedFor(t *testing.T) {
	many := strings.Repeat("198.51.100.1, ", 10_000)
	for _, tt := range []struct {
		name, peer string
		values     []string
		want       string
	}{
		{"no header", proxy, nil, "10.1.1.1"},
		{"client", proxy, []string{"198.51.100.7"}, "198.51.100.7"},
		{"not from strangers", stranger, []string{"198.51.100.7"}, "192.0.2.9"},
		{"the nearest that is not trusted", proxy, []string{"6.6.6.6, 198.51.100.7, 10.2.2.2"}, "198.51.100.7"},
		{"over lines", proxy, []string{"6.6.6.6", "198.51.100.7", "10.2.2.2,\t10.3.3.3"}, "198.51.100.7"},
		{"trusted all the way", proxy, []string{"10.9.9.9, 10.2.2.2"}, "10.9.9.9"},
		{"with a port", proxy, []string{"198.51.100.7:46532"}, "198.51.100.7"},
		{"IPv6", proxy, []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::7]:443"}, "2001:db8::7"},
		{"IPv4 in IPv6", proxy, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"a proxy in IPv6", "[fd00::1]:4000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"an IPv4 proxy in IPv6", "[::ffff:10.1.1.1]:4000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"empty elements", proxy, []string{"198.51.100.7,, ,", "", ", "}, "198.51.100.7"},
		{"empty", proxy, []string{"", ",,"}, "10.1.1.1"},
		{"rubbish beyond", proxy, []string{"\x00\xff<script>, 198.51.100.7"}, "198.51.100.7"},
		{"many beyond", proxy, []string{many + "198.51.100.7"}, "198.51.100.7"},
		{"rubbish", proxy, []string{"198.51.100.7, unknown"}, "10.1.1.1"},
		{"a long one", proxy, []string{strings.Repeat("1", 60_000)}, "10.1.1.1"},
		{"too many hops", proxy, []string{"198.51.100.7" + strings.Repeat(", 10.2.2.2", maxHops)}, "10.1.1.1"},
		{"just few enough", proxy, []string{"198.51.100.7" + strings.Repeat(", 10.2.2.2", maxHops-1)}, "198.51.100.7"},
		{"commas without end", proxy, []string{"198.51.100.7" + strings.Repeat(",", 60_000)}, "10.1.1.1"},
		{"zone", proxy, []string{"fe80::1%eth0"}, "10.1.1.1"},
		{"nobody", proxy, []string{"0.0.0.0"}, "10.1.1.1"},
		{"everybody", proxy, []string{"255.255.255.255"}, "10.1.1.1"},
		{"multicast", proxy, []string{"ff02::1"}, "10.1.1.1"},
		{"odd port", proxy, []string{"198.51.100.7:port"}, "10.1.1.1"},
		{"long port", proxy, []string{"198.51.100.7:111111"}, "10.1.1.1"},
		{"no port", proxy, []string{"198.51.100.7:"}, "10.1.1.1"},
		{"brackets around IPv4", proxy, []string{"[198.51.100.7]"}, "10.1.1.1"},
		{"half a bracket", proxy, []string{"2001:db8::7]"}, "10.1.1.1"},
		{"after brackets", proxy, []string{"[2001:db8::7]x"}, "10.1.1.1"},
		{"leading zeros", proxy, []string{"198.051.100.007"}, "10.1.1.1"},
		{"a peer without address", "@", []string{"198.51.100.7"}, "invalid IP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ClientAddr(from(proxies("x-forwarded-for"), tt.peer, http.Header{"X-Forwarded-For": tt.values, "Forwarded": {"for=7.7.7.7"}}))
			if got.String() != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

func TestClientAddrFromForwarded(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string
	}{
		{"plain", []string{"for=198.51.100.7"}, "198.51.100.7"},
		{"whole", []string{`For="[2001:db8::7]:4711";proto=https;by=203.0.113.43;host="a\"b, c"`}, "2001:db8::7"},
		{"chain", []string{`for=6.6.6.6, for=198.51.100.7;proto=http , for="10.2.2.2:80"`}, "198.51.100.7"},
		{"over lines", []string{"for=198.51.100.7", "for=10.2.2.2"}, "198.51.100.7"},
		{"quotes forgotten", []string{"for=[2001:db8::7]:443"}, "2001:db8::7"},
		{"empty elements", []string{"for=198.51.100.7,, ;;,"}, "198.51.100.7"},
		{"obfuscated", []string{"for=198.51.100.7, for=_hidden"}, "10.1.1.1"},
		{"unknown", []string{"for=198.51.100.7, for=unknown"}, "10.1.1.1"},
		{"without for", []string{"for=198.51.100.7, proto=https"}, "10.1.1.1"},
		{"twice", []string{"for=198.51.100.7;for=198.51.100.8"}, "10.1.1.1"},
		{"a quote swallows", []string{`for=6.6.6.6;x=", for=198.51.100.7`}, "10.1.1.1"},
		{"a quote meets another", []string{`for=6.6.6.6;x=", for="[2001:db8::7]"`}, "10.1.1.1"},
		{"an escape at the end", []string{`for="6.6.6.6\`}, "10.1.1.1"},
		{"no value", []string{"for="}, "10.1.1.1"},
		{"no name", []string{"=198.51.100.7"}, "10.1.1.1"},
		{"the other grammar", []string{"198.51.100.7"}, "10.1.1.1"},
		{"long", []string{"for=198.51.100.7," + strings.Repeat("for=10.2.2.2,", 1000)}, "10.1.1.1"},
		{"rubbish in an older line", []string{"\x00", "for=198.51.100.7"}, "198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ClientAddr(from(proxies("Forwarded"), proxy, http.Header{"Forwarded": tt.values, "X-Forwarded-For": {"7.7.7.7"}}))
			if got.String() != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

func TestClientAddrByACDNsOwnHeader(t *testing.T) {
	r := from(proxies("cf-connecting-ip"), proxy, http.Header{"Cf-Connecting-Ip": {"198.51.100.7"}, "X-Forwarded-For": {"7.7.7.7"}})
	if got := ClientAddr(r); got.String() != "198.51.100.7" {
		t.Error(got)
	}
	if got := ClientAddr(httptest.NewRequest("GET", "/", nil)); got.String() != "192.0.2.1" {
		t.Errorf("without proxies it is %v", got)
	}
}

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct {
		name, peer, host string
		tls              bool
		header           http.Header
		want             string
	}{
		{"plain", stranger, "h:8080", false, nil, "http://h:8080"},
		{"TLS", stranger, "h", true, nil, "https://h"},
		{"proxy", proxy, "origin", false, http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"live.example.com"}}, "https://live.example.com"},
		{"nearest proxy", proxy, "h", false, http.Header{"X-Forwarded-Proto": {"http", "ftp, HTTPS "}, "X-Forwarded-Host": {"evil, live.example.com:444"}}, "https://live.example.com:444"},
		{"stranger", stranger, "h", false, http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil"}}, "http://h"},
		{"rubbish of a proxy", proxy, "h", false, http.Header{"X-Forwarded-Proto": {"javascript"}, "X-Forwarded-Host": {"a/b"}}, "http://h"},
		{"rubbish", stranger, "h/../@evil", false, nil, "http://127.0.0.1:8080"},
		{"nothing", stranger, "", false, nil, "http://127.0.0.1:8080"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := from(proxies(ForwardedFor), tt.peer, tt.header)
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
			if r.Host = tt.host; tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if got := BaseURL(r); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	for _, good := range []string{"for", "For", "a-z_9", "!#$%&'*+-.^_`|~"} {
		if !httpguts.ValidHeaderFieldName(good) {
			t.Errorf("%q is none", good)
		}
	}
	for _, bad := range []string{"", "a b", "a\tb", "(a", "a)", "a,b", "a/b", "a:b", "a;b", "a<b", "a=b", "a>b", "a?b", "a@b", "[a", "a\\b", "a]", "{a", "a}", `a"b`, "a\x00", "a\x7f", "ä"} {
		if httpguts.ValidHeaderFieldName(bad) {
			t.Errorf("%q is one", bad)
		}
	}
}

func TestValidHost(t *testing.T) {
	for _, good := range []string{"a", "live.example.com", "live.example.com:443", "127.0.0.1:80", "[::1]", "[2001:db8::1]:8080", "a_b"} {
		if !ValidHost(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{
		"", ":80", "a:", "a:b", "a:999999", "::1", "[::1", "::1]", "[]", "[1.2.3.4]", "[fe80::1%25eth0]", "[::1]x", "[::1]:", "a b", "a\x00", "a/b", "a@b",
		"a?b", "a#b", "a\\b", "ä", "a%2eb", "<b>", "a,b", strings.Repeat("a", maxHost+1),
	} {
		if ValidHost(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Whatever is claimed, the result is an address that somebody can have; and what a
// viewer sends never hides the address that the proxy appends.
func FuzzClientAddr(f *testing.F) {
	for _, text := range []string{
		"198.51.100.7, 10.2.2.2", "[2001:db8::7]:443", "for=198.51.100.7", `for="[2001:db8::7]:4711";proto=https;by=x, for=_a`, `for=1.1.1.1;x="`,
		",,,", "fe80::1%eth0", "\x00", `for="\`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for header, appended := range map[string]string{"X-Forwarded-For": "198.51.100.7", "Forwarded": `for="[2001:db8::7]:1"`} {
			p := proxies(header)
			for _, values := range [][]string{{text}, {text + ", " + appended}, {text, appended}} {
				got := ClientAddr(from(p, proxy, http.Header{header: values}))
				if !possible(got) {
					t.Fatalf("%s %q: %v", header, values, got)
				}
				honest := got.String() == "198.51.100.7" || got.String() == "2001:db8::7" || got.String() == "10.1.1.1"
				if strings.Join(values, ", ") != text && !honest {
					t.Fatalf("%s %q: the viewer chose %v", header, values, got)
				}
			}
		}
	})
}
