//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/internal/logtest"
)

// playbackKey is a key with a byte of every kind, zero among them.
func playbackKey(t testing.TB, id string, first byte) (key token.Key, text string) {
	t.Helper()
	raw := make([]byte, 48)
	for i := range raw {
		raw[i] = first + byte(i*7)
	}
	text = base64.StdEncoding.EncodeToString(raw)
	key, err := token.ParseKey(id, "HS256:"+text)
	if err != nil {
		t.Fatal(err)
	}
	return key, text
}

// signWith makes a token that is good for an hour unless the claims say otherwise.
func signWith(t testing.TB, key token.Key, c token.Claims) string {
	t.Helper()
	if c.Expires == nil {
		c.Expires = token.Date(time.Now().Add(time.Hour))
	}
	keys, err := token.NewKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := keys.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// HAProxy decides on tokens as the origin does, or more strictly.
func TestHAProxyVerifiesTokens(t *testing.T) {
	key, secret := playbackKey(t, "shop", 0)
	t.Setenv("LIGHTSTICK_PLAYBACK_KEY", secret)
	other, _ := playbackKey(t, "shop", 1)
	built, err := token.ParseBuiltIn(token.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	o := newStubOrigin(t)
	e := startEdge(t, "haproxy", o.addr, "--verify", "native")

	now := time.Now()
	good := signWith(t, key, token.Claims{Subject: "s"})
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"shop"}`))
	for _, tt := range []struct {
		name, token string
		stream      string // "": s
		want        string // "": allowed
	}{
		{name: "good", token: good},
		{name: "no token", want: "missing"},
		{name: "another key", token: signWith(t, other, token.Claims{Subject: "s"}), want: "signature"},
		{name: "another algorithm", token: signWith(t, built, token.Claims{Subject: "s"}), want: "signature"},
		{name: "no algorithm", token: none + "." + parts[1] + ".", want: "signature"},
		{name: "no algorithm, a signature", token: none + "." + parts[1] + "." + parts[2], want: "signature"},
		{name: "other claims", token: parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"*","exp":4000000000}`)) + "." + parts[2], want: "signature"},
		{name: "two parts", token: parts[0] + "." + parts[1], want: "signature"},
		{name: "expired", token: signWith(t, key, token.Claims{Subject: "s", Expires: token.Date(now.Add(-10 * time.Second))}), want: "expired"},
		{name: "expired, within leeway", token: signWith(t, key, token.Claims{Subject: "s", Expires: token.Date(now.Add(-time.Second))})},
		{name: "early", token: signWith(t, key, token.Claims{Subject: "s", NotBefore: token.Date(now.Add(time.Minute))}), want: "early"},
		{name: "early, within leeway", token: signWith(t, key, token.Claims{Subject: "s", NotBefore: token.Date(now.Add(3 * time.Second))})},
		{name: "another stream", token: signWith(t, key, token.Claims{Subject: "other"}), want: "stream"},
		{name: "longer name", token: signWith(t, key, token.Claims{Subject: "ss"}), want: "stream"},
		{name: "shorter name", token: good, stream: "ss", want: "stream"},
		{name: "several streams", token: signWith(t, key, token.Claims{Subject: "a s b"})},
		{name: "all streams", token: signWith(t, key, token.Claims{Subject: "*"}), stream: "any"},
		{name: "pattern", token: signWith(t, key, token.Claims{Subject: "a tour-*"}), stream: "tour-seoul"},
		{name: "pattern of others", token: signWith(t, key, token.Claims{Subject: "a tour-*"}), stream: "tours", want: "stream"},
		{name: "escaped name", token: signWith(t, key, token.Claims{Subject: "서울"}), stream: "%EC%84%9C%EC%9A%B8"},
		{name: "name that holds a pattern", token: signWith(t, key, token.Claims{Subject: "other"}), stream: "s%7Cs%20", want: "stream"},
		{name: "our address", token: signWith(t, key, token.Claims{Subject: "s", IP: "127.0.0.1"})},
		{name: "another address", token: signWith(t, key, token.Claims{Subject: "s", IP: "127.0.0.2"}), want: "address"},
		{name: "country", token: signWith(t, key, token.Claims{Subject: "s", Country: []string{"KR"}}), want: "country"},
		{name: "referrer", token: signWith(t, key, token.Claims{Subject: "s", Referrers: []string{"a.example"}}), want: "referrer"},
		{name: "recording", token: signWith(t, key, token.Claims{Subject: "s", Recording: "r1"}), want: "stream"},
		{name: "its recording", token: signWith(t, key, token.Claims{Subject: "s", Recording: "r1"}), stream: "s/recordings/r1"},
		{name: "another recording", token: signWith(t, key, token.Claims{Subject: "s", Recording: "r1"}), stream: "s/recordings/r2", want: "stream"},
		{name: "screens", token: signWith(t, key, token.Claims{Subject: "s", Screens: 2, Session: "t1"})},
	} {
		stream := tt.stream
		if stream == "" {
			stream = "s"
		}
		o.asked()
		uri := "/live/" + stream + "/v.m4s"
		if tt.token != "" {
			uri = "/t/" + tt.token + uri
		}
		code, h, body := e.ask(t, "GET", uri, "Referer", "https://a.example/", "X-Country", "KR", "X-Forwarded-For", "127.0.0.2")
		want := http.StatusOK
		switch tt.want {
		case "":
		case "missing", "signature", "expired", "early":
			want = http.StatusUnauthorized
		default:
			want = http.StatusForbidden
		}
		if code != want || h.Get("X-Playback-Refusal") != tt.want || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v %q", tt.name, code, h, body)
		}
		asked := o.asked()
		if (len(asked) == 1) != (tt.want == "") {
			t.Errorf("%s: %d requests at the origin", tt.name, len(asked))
		}
		for _, r := range asked {
			if r.RequestURI != "/live/"+stream+"/v.m4s" || r.Header.Get("Cookie") != "" || r.Header.Get("X-Country") != "" {
				t.Errorf("%s: the origin sees %s %v", tt.name, r.RequestURI, r.Header)
			}
		}
	}

	if code, _, _ := e.ask(t, "GET", "/live/s/v.m4s", "Authorization", "Bearer "+good); code != http.StatusOK {
		t.Errorf("bearer: %d", code)
	}
	if code, _, _ := e.ask(t, "GET", "/live/s/v.m4s", "Cookie", "a=b; lightstick_token="+good); code != http.StatusOK {
		t.Errorf("cookie: %d", code)
	}
	if code, _, _ := e.ask(t, "GET", "/live/s/status.json"); code != http.StatusOK {
		t.Errorf("status.json is everybody's: %d", code)
	}
	o.asked()
	code, h, _ := e.ask(t, "GET", "/live/s/index.m3u8?x=1&_HLS_part=2&_HLS_msn=7&token="+good)
	if location := h.Get("Location"); code != http.StatusFound || location != "/t/"+good+"/live/s/index.m3u8?_HLS_msn=7&_HLS_part=2" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("?token=: %d %v", code, h)
	}
	if code, h, _ = e.ask(t, "GET", "/t/old.a.b/live/s/index.m3u8?token="+good); code != http.StatusFound || h.Get("Location") != "/t/"+good+"/live/s/index.m3u8" {
		t.Errorf("a new token in the query: %d %v", code, h)
	}
	if code, h, _ = e.ask(t, "GET", "/live/s/index.m3u8?token="+parts[0]+"."+parts[1]+".x"); code != http.StatusUnauthorized || h.Get("Location") != "" {
		t.Errorf("a forged ?token=: %d %v", code, h)
	}
	for _, path := range []string{"/live/s/../other/v.m4s", "/live/s/%2e%2e/other/v.m4s", "/live/s%2f..%2fother/v.m4s", "/live//s/v.m4s", "/live/s/./v.m4s"} {
		if code := rawStatus(t, e.addr, "GET /t/"+good+path+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); code != "400" {
			t.Errorf("%s: %s", path, code)
		}
	}
	if asked := o.asked(); len(asked) != 0 {
		t.Errorf("%d requests at the origin: %v", len(asked), asked[0].RequestURI)
	}
	if text := e.log.String(); strings.Contains(text, parts[2]) || !strings.Contains(text, `"uri":"\/live\/s\/v.m4s","status":200`) {
		t.Errorf("the log:\n%s", text)
	}
}

// rawStatus sends bytes as they are and returns the answer's status.
func rawStatus(t testing.TB, addr, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(c)
	fields := strings.Fields(string(answer))
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}

// Without a key nothing is let through, whatever signs with an empty one.
func TestHAProxyWithoutKey(t *testing.T) {
	t.Setenv("LIGHTSTICK_PLAYBACK_KEY", "")
	o := newStubOrigin(t)
	e := startEdge(t, "haproxy", o.addr, "--verify", "native")
	if code, _, _ := e.ask(t, "GET", "/t/eyJhbGciOiJIUzI1NiJ9.e30.x/live/s/v.m4s"); code != http.StatusServiceUnavailable {
		t.Errorf("%d", code)
	}
}

// What a viewer claims ends here; what the origin must know goes on; held requests live.
func TestHAProxyPassesOn(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t)
	o := newStubOrigin(t)
	slow := serveStub(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live/s/held.m3u8" {
			pause(3 * time.Second)
		}
		o.ServeHTTP(w, r)
	}))
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		e := startEdge(t, "haproxy", slow)
		held := make(chan int, 1)
		go func() {
			answer, err := http.Get("http://" + e.addr + "/live/s/held.m3u8?_HLS_msn=7")
			if err != nil {
				held <- 0
				return
			}
			_ = answer.Body.Close()
			held <- answer.StatusCode
		}()
		claims := []string{"X-Forwarded-For", "6.6.6.6", "X-Origin-Secret", "guess", "Forwarded", "for=6.6.6.6", "X-Geo-Country", "KR", "CDN-Loop", "other"}
		for uri, want := range map[string]string{
			"/t/a.b.c/live/s/p/v/1.m4s?x=1&token=a":                 "/live/s/p/v/1.m4s",
			"/live/s/v.m3u8?CMCD=a%2Cb&end=5&_HLS_skip=YES&start=3": "/live/s/v.m3u8?_HLS_skip=YES&start=3&end=5",
			"/live/s/steering.json?_HLS_pathway=a&x=1":              "/live/s/steering.json?_HLS_pathway=a&x=1",
			"/steering.json?_HLS_pathway=a":                         "/steering.json?_HLS_pathway=a",
			"/watch/s?a=b":                                          "/watch/s?a=b",
		} {
			code, h, _ := e.ask(t, "GET", uri, claims...)
			if code != http.StatusOK || h.Get("X-Origin-Secret") != "" {
				t.Errorf("%s: %d %v", uri, code, h)
			}
			o.mu.Lock()
			var seen *http.Request
			for _, r := range o.requests {
				if r.RequestURI == want {
					seen = r
				}
			}
			o.mu.Unlock()
			if seen == nil {
				t.Errorf("%s: the origin was not asked for %s", uri, want)
				continue
			}
			for name, value := range map[string]string{
				"X-Origin-Secret": stubSecret, "X-Forwarded-For": "127.0.0.1", "Cdn-Loop": "other, lightstick-edge", "Forwarded": "", "X-Geo-Country": "",
			} {
				if got := strings.Join(seen.Header[name], "|"); got != value {
					t.Errorf("%s: %s is %q, want %q", uri, name, got, value)
				}
			}
		}
		if code, _, _ := e.ask(t, "GET", "/live/s/v.m3u8", "CDN-Loop", "other, lightstick-edge"); code != http.StatusLoopDetected {
			t.Errorf("a loop: %d", code)
		}
		if code, h, _ := e.ask(t, "OPTIONS", "/live/s/v.m3u8"); code != http.StatusNoContent || h.Get("Access-Control-Allow-Methods") == "" {
			t.Errorf("OPTIONS: %d %v", code, h)
		}
		for _, uri := range []string{"/metrics", "/api/v1/streams", "/playback/authorize", "/liveness"} {
			if code, _, _ := e.ask(t, "GET", uri); code != http.StatusNotFound {
				t.Errorf("%s: %d", uri, code)
			}
		}
		if code := <-held; code != http.StatusOK {
			t.Errorf("a held request: %d", code)
		}
		o.down.Store(true)
		defer o.down.Store(false)
		if code, h, _ := e.ask(t, "GET", "/live/s/v.m3u8"); code != http.StatusServiceUnavailable || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("without the origin: %d %v", code, h)
		}
	})
	t.Run("tokens for whom stands behind, over TLS", func(t *testing.T) {
		t.Parallel()
		behind := newStubOrigin(t)
		e := startTLSEdge(t, behind.addr, certificate)
		behind.asked()
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // its own
		defer client.CloseIdleConnections()
		answer, err := client.Get("https://" + e + "/t/a.b.c/live/s/v.m3u8?token=d.e.f&x=1")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		asked := behind.asked()
		if answer.ProtoMajor != 2 || len(asked) == 0 || asked[len(asked)-1].RequestURI != "/t/a.b.c/live/s/v.m3u8?token=d.e.f" || asked[len(asked)-1].Header.Get("X-Forwarded-Proto") != "https" {
			t.Errorf("%s %v", answer.Proto, asked)
		}
	})
}

// startTLSEdge runs HAProxy with a certificate until the test ends and returns where.
func startTLSEdge(t testing.TB, origin, certificate string) (addr string) {
	t.Helper()
	addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	text, err := exec.Command(binary, "cdn", "config", "haproxy", "--origin", origin, "--listen", addr,
		"--verify", "origin", "--tls-cert", certificate, "--tls-key", certificate+".key").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, log := exec.Command("haproxy", "-db", "-f", file), &logtest.Buffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy said:\n%s", log)
		}
	})
	eventually(t, "haproxy listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return addr
}

// selfSigned writes a certificate, with its key beside it.
func selfSigned(t testing.TB) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"edge.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "edge.pem")
	for name, block := range map[string]*pem.Block{file: {Type: "CERTIFICATE", Bytes: der}, file + ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}
