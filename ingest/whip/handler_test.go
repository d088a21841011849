package whip

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
)

// Each refusal says why, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{noStart: true})
	good := p.createOffer(nil)
	const key, sdp = "Bearer KEY", "application/sdp"
	video := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" +
		"m=video 9 UDP/TLS/RTP/SAVPF 96 98\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:98 VP9/90000\r\n"
	for _, tt := range []struct {
		name, method, path, body, kind, authorization string
		want                                          int
		says                                          string
	}{
		{"no key", "POST", "/whip", good, sdp, "", 401, "bearer"},
		{"not a bearer token", "POST", "/whip", good, sdp, "Basic S0VZ", 401, "bearer"},
		{"wrong key", "POST", "/whip", good, sdp, "Bearer guess", 401, ingest.ErrUnauthorized.Error()},
		{"wrong key in the path", "POST", "/whip/guess", good, sdp, "", 401, ingest.ErrUnauthorized.Error()},
		{"another type", "POST", "/whip", good, "application/json", key, 415, sdp},
		{"no type", "POST", "/whip", good, "", key, 415, sdp},
		{"too large", "POST", "/whip", good + strings.Repeat("a=x\r\n", maxBody/5), sdp, key, 413, "bytes"},
		{"no SDP", "POST", "/whip", "hello", sdp, key, 400, "SDP"},
		{"empty", "POST", "/whip", "", sdp, key, 400, "SDP"},
		{"no media", "POST", "/whip", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", sdp, key, 400, "without media"},
		{"codecs that are not taken", "POST", "/whip", video, sdp, key, 422, "H.264"},
		{"two pictures", "POST", "/whip", video + video[strings.Index(video, "m="):], sdp, key, 422, "more than one medium"},
		{"a data channel", "POST", "/whip", video + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", sdp, key, 422, "data channel"},
		{"a player", "POST", "/whip", strings.ReplaceAll(video, "sendonly", "recvonly"), sdp, key, 422, "sendonly"},
		{"simulcast", "POST", "/whip", video + "a=simulcast:send l;m;h\r\n", sdp, key, 422, "simulcast"},
		{"no ICE credentials", "POST", "/whip", strings.ReplaceAll(strings.ReplaceAll(good, "a=ice-ufrag", "a=x-ufrag"), "a=ice-pwd", "a=x-pwd"), sdp, key, 400, "breaks the protocol"},
		{"GET", "GET", "/whip", "", "", key, 405, "POST"},
		{"PUT of a session", "PUT", "/whip/session/x", "", "", key, 405, "PATCH"},
		{"DELETE of nothing", "DELETE", "/whip/session/x", "", "", key, 404, "no such session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.offers = newOffers() // which all come from one network
			fields := []string{}
			for name, value := range map[string]string{"Content-Type": tt.kind, "Authorization": tt.authorization} {
				if value != "" {
					fields = append(fields, name, value)
				}
			}
			response, text := h.request(tt.method, tt.path, tt.body, fields...)
			if response.StatusCode != tt.want || !strings.Contains(text, tt.says) {
				t.Errorf("%s: %q; want %d and %q", response.Status, text, tt.want, tt.says)
			}
			if tt.want == 401 && response.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
			if h.gate.Live() != nil {
				t.Error("a publication goes on")
			}
		})
	}
	if log := h.log.String(); strings.Contains(log, "KEY") || strings.Contains(log, "guess") || !strings.Contains(log, "publisher refused") {
		t.Errorf("the log has a key, or says nothing:\n%s", log)
	}
}

// The reasons of the gate become HTTP's.
func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{ingest.ErrUnauthorized, 401}, {fmt.Errorf("%w: try later", ingest.ErrTooManyAttempts), 429}, {ingest.ErrBusy, 409},
		{ingest.ErrShuttingDown, 503}, {errFull, 503}, {errRate, 429}, {ingest.ErrUnsupported, 422}, {errors.New("disk"), 503},
	} {
		if got := status(tt.err); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestOptions(t *testing.T) {
	h := newHost(t, Config{})
	response, _ := h.request("OPTIONS", "/whip", "", "Origin", "https://studio.example.com", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization, content-type")
	for name, want := range map[string]string{
		"Accept-Post": typeSDP, "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST, OPTIONS",
		"Access-Control-Allow-Headers": "authorization, content-type",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	response, _ = h.request("OPTIONS", "/whip/session/x", "")
	if got := response.Header.Get("Access-Control-Allow-Methods"); got != "PATCH, DELETE, OPTIONS" {
		t.Errorf("methods of a session: %q", got)
	}
}

// The answer has what the publisher needs to go on.
func TestAnswer(t *testing.T) {
	turn, err := ParseICEServer("turn:user:p%22w@turn.example.com:3478?transport=udp")
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{
		Hosts: []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}, ICEServers: []ICEServer{turn},
	})
	p := publish(t, h, options{noStart: true})
	response, answer := h.offer(p.createOffer(nil), "KEY")
	_, port, _ := strings.Cut(h.Addr().String(), ":")
	for _, want := range []string{
		"a=ice-lite", "a=setup:passive", "a=recvonly", " H264/90000", " opus/48000", "a=rtcp-fb:", "nack pli", "transport-wide-cc",
		"127.0.0.1 " + port + " typ host", "203.0.113.7 " + port + " typ host", " tcp ", "tcptype passive",
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %q in the answer", want)
		}
	}
	if strings.Contains(answer, "VP8") || strings.Contains(answer, "rtx") {
		t.Error("the answer has other codecs")
	}
	if t.Failed() {
		t.Log(answer)
	}
	for name, want := range map[string]string{
		"Content-Type": typeSDP, "Accept-Patch": typeFragment, "Access-Control-Allow-Origin": "*",
		"Link": `<turn:turn.example.com:3478?transport=udp>; rel="ice-server"; username="user"; credential="p\"w"; credential-type="password"`,
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	id := strings.TrimPrefix(response.Header.Get("Location"), sessionPath)
	if len(id) < 26 || strings.Contains(h.log.String(), id) {
		t.Errorf("session %q can be guessed, or is in the log", id)
	}
}

func TestParseICEServer(t *testing.T) {
	for text, want := range map[string]ICEServer{
		"stun:stun.example.com":                      {URL: "stun:stun.example.com"},
		"turns:a:b@[2001:db8::1]:5349?transport=tcp": {URL: "turns:[2001:db8::1]:5349?transport=tcp", Username: "a", Password: "b"},
		"turn:a:b%40c@turn.example.com":              {URL: "turn:turn.example.com", Username: "a", Password: "b@c"},
		"turn:turn.example.com":                      {},
		"stun:a:b@stun.example.com":                  {},
		"turn:a@turn.example.com":                    {},
		"turn:a:b@host>;x":                           {},
		"turn:a:b@turn.example.com?x=1":              {},
		"https://example.com":                        {},
		"":                                           {},
	} {
		got, err := ParseICEServer(text)
		if got != want || (err != nil) != (want == ICEServer{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("%q is quoted: %v", text, err)
		}
	}
}

// Whoever sends offer after offer is slowed down, by network.
func TestFlood(t *testing.T) {
	h := newHost(t, Config{Client: func(r *http.Request) string { return r.Header.Get("X-Test-Client") }})
	offer := publish(t, h, options{noStart: true}).createOffer(nil)
	post := func(client string) int {
		response, _ := h.request("POST", "/whip", offer, "Content-Type", typeSDP, "Authorization", "Bearer guess", "X-Test-Client", client)
		return response.StatusCode
	}
	slowed := false
	for range offerBurst * 10 {
		slowed = slowed || post("192.0.2.1:1000") == http.StatusTooManyRequests
	}
	if !slowed {
		t.Errorf("%d offers were looked at", offerBurst*10)
	}
	if status := post("192.0.2.2:1000"); status != http.StatusUnauthorized {
		t.Errorf("somebody else is answered %d", status)
	}
}

func TestFull(t *testing.T) {
	h := newHost(t, Config{})
	h.mu.Lock()
	h.opening = maxSessions
	h.mu.Unlock()
	response, text := h.offer(publish(t, h, options{noStart: true}).createOffer(nil), "KEY")
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || text == "" {
		t.Errorf("%s: %s", response.Status, text)
	}
}

// What the publisher prefers is taken, of what can be packaged.
func TestChoice(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	formats := map[string]string{
		"96": "VP8/90000", "97": "rtx/90000", "98": "H264/90000", "99": "H264/90000", "100": "AV1/90000", "101": "H265/90000", "102": "VP9/90000",
	}
	for _, tt := range []struct {
		order   string
		want    uint8
		mime    string
		leftOut string
	}{
		{"96 97 98 99 100", 99, webrtc.MimeTypeH264, ""}, // 98 has packetization mode 0
		{"96 100 99", 100, webrtc.MimeTypeAV1, ""},
		{"101 99", 101, webrtc.MimeTypeH265, ""},
		{"96 97 102", 0, "", "VP8,VP9"},
	} {
		text := head + "m=video 9 UDP/TLS/RTP/SAVPF " + tt.order + "\r\na=fmtp:99 level-asymmetry-allowed=1; packetization-mode=1;profile-level-id=42e01f\r\n"
		for _, number := range strings.Fields(tt.order) {
			text += "a=rtpmap:" + number + " " + formats[number] + "\r\n"
		}
		o, err := parseOffer([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(o.leftOut, ","); got != tt.leftOut {
			t.Errorf("%s: left out %s", tt.order, got)
		}
		if (o.video == nil) != (tt.want == 0) || o.video != nil && (o.video.PayloadType != tt.want || o.video.mime != tt.mime) {
			t.Errorf("%s: %+v", tt.order, o.video)
		}
	}
}
