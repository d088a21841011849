package whip

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// ended waits for the end of the only publication, and returns its reason.
func (h *host) ended() error {
	h.t.Helper()
	select {
	case p := <-h.gate.Ended:
		return p.Reason
	case <-time.After(patience):
		h.t.Fatal("the publication goes on")
		return nil
	}
}

func TestPublish(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    options
	}{{"UDP", options{}}, {"TCP", options{tcp: true}}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, Config{})
			p := publish(t, h, tt.o)
			p.wait()
			live := p.publication()
			p.keepSending("picture and sound arrive", func() bool { return live.Count(media.Video) > 20 && live.Count(media.Audio) > 20 })
			if live.Request.Protocol != "webrtc" || live.Request.Received() == 0 {
				t.Errorf("request %+v, %d packets", live.Request.Protocol, live.Request.Received())
			}
			p.keepSending("arrivals are reported", func() bool { return len(p.arrivalReports) > 0 })
			response, _ := h.request("DELETE", p.session, "")
			if response.StatusCode != http.StatusOK {
				t.Errorf("DELETE: %s", response.Status)
			}
			if err := h.ended(); err != nil {
				t.Errorf("ended with %v, want a clean end", err)
			}
			if first := live.Samples[media.Video][0]; !first.KeyFrame {
				t.Error("the first picture is no keyframe")
			}
			if response, _ := h.request("DELETE", p.session, ""); response.StatusCode != http.StatusNotFound {
				t.Errorf("DELETE again: %s", response.Status)
			}
		})
	}
}

func TestKeyInPath(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{noStart: true})
	response, _ := h.request("POST", "/whip/KEY", p.createOffer(nil), "Content-Type", "application/sdp")
	if response.StatusCode != http.StatusCreated {
		t.Fatal(response.Status)
	}
}

// The publisher's network changes: ICE is restarted, and the publication goes on.
func TestRestart(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{})
	p.wait()
	live := p.publication()
	p.keepSending("media arrive", func() bool { return live.Count(media.Video) > 5 })

	offer := p.createOffer(&webrtc.OfferOptions{ICERestart: true})
	response, fragment := h.request("PATCH", p.session, fragmentOf(offer), "Content-Type", typeFragment, "If-Match", "*")
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != typeFragment {
		t.Fatalf("%s: %s", response.Status, fragment)
	}
	if tag := response.Header.Get("ETag"); tag == "" || tag == p.etag {
		t.Errorf("entity tag %q after %q", tag, p.etag)
	}
	f, err := parseFragment([]byte(fragment))
	if err != nil || len(f.candidates) == 0 {
		t.Fatalf("%v: %s", err, fragment)
	}
	answer, err := restarted([]byte(p.pc.RemoteDescription().SDP), f)
	if err != nil {
		t.Fatal(err)
	}
	p.accept(strings.Replace(answer, "a=end-of-candidates\r\n", "", 1))
	for _, candidate := range f.candidates {
		if err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: "candidate:" + candidate}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "connected again", func() bool { return p.pc.ICEConnectionState() == webrtc.ICEConnectionStateConnected })
	before := live.Count(media.Video)
	p.keepSending("media arrive after the restart", func() bool { return live.Count(media.Video) > before+5 })
	if h.gate.Live() != live {
		t.Error("the publication is another one")
	}
	response, _ = h.request("PATCH", p.session, fragmentOf(offer), "Content-Type", typeFragment, "If-Match", p.etag)
	if response.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("candidates for the ICE session before: %s", response.Status)
	}
}

// fragmentOf is what a client tells of its ICE session.
func fragmentOf(offer string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(offer, "\r\n") {
		for _, prefix := range []string{"a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "m=", "a=mid:", "a=end-of-candidates"} {
			if strings.HasPrefix(line, prefix) {
				b.WriteString(line + "\r\n")
			}
		}
	}
	return b.String()
}

func TestPatch(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{})
	fragment := fragmentOf(p.pc.LocalDescription().SDP)
	other := "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
	for _, tt := range []struct {
		name, session, body, kind, match string
		want                             int
	}{
		{"candidates", p.session, fragment, typeFragment, p.etag, http.StatusNoContent},
		{"no entity tag", p.session, fragment, typeFragment, "", http.StatusPreconditionRequired},
		{"another entity tag", p.session, fragment, typeFragment, `"other"`, http.StatusPreconditionFailed},
		{"another type", p.session, fragment, "application/json", p.etag, http.StatusUnsupportedMediaType},
		{"not a fragment", p.session, "hello", typeFragment, p.etag, http.StatusBadRequest},
		{"a broken candidate", p.session, fragment + "a=candidate:x\r\n", typeFragment, p.etag, http.StatusBadRequest},
		{"other credentials without a restart", p.session, other, typeFragment, p.etag, http.StatusUnprocessableEntity},
		{"a restart without new credentials", p.session, fragment, typeFragment, "*", http.StatusUnprocessableEntity},
		{"no such session", sessionPath + "guess", fragment, typeFragment, p.etag, http.StatusNotFound},
		{"too large", p.session, fragment + strings.Repeat("a=x\r\n", maxBody/5), typeFragment, p.etag, http.StatusRequestEntityTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := []string{"Content-Type", tt.kind}
			if tt.match != "" {
				fields = append(fields, "If-Match", tt.match)
			}
			if response, text := h.request("PATCH", tt.session, tt.body, fields...); response.StatusCode != tt.want {
				t.Errorf("%s: %s; want %d", response.Status, text, tt.want)
			}
		})
	}
	p.wait() // none of it has harmed the session
}

// Packets that are lost on the way are sent again, and no picture is missing.
func TestLossIsRepaired(t *testing.T) {
	h := newHost(t, Config{KeyInterval: time.Hour, ResendWait: patience})
	var mu sync.Mutex // packets are sent again by another goroutine
	sent := make(map[uint16]bool)
	p := publish(t, h, options{noAudio: true, drop: func(packet *rtp.Header) bool {
		mu.Lock()
		defer mu.Unlock()
		first := !sent[packet.SequenceNumber]
		sent[packet.SequenceNumber] = true
		return first && packet.SequenceNumber%20 == 10
	}})
	p.wait()
	live := p.publication()
	const pictures = 200
	for i := range pictures {
		p.picture(uint32(i*3000), i == 0)
		time.Sleep(2 * time.Millisecond)
	}
	p.sendPictures(pictures, "all pictures arrive", func() bool { return live.Count(media.Video) >= pictures })
	if lost := live.Request.Lost(); lost != 0 {
		t.Errorf("%d packets count as lost", lost)
	}
	h.request("DELETE", p.session, "")
	_ = h.ended()
	if n := live.Repairs[ingest.RepairBadUnit]; n != 0 {
		t.Errorf("%d pictures were left out", n)
	}
}

// sendPictures sends pictures without a keyframe, from a number on.
func (p *publisher) sendPictures(from int, what string, so func() bool) {
	p.t.Helper()
	begun := time.Now()
	for i := from; !so(); i++ {
		if time.Since(begun) > patience {
			p.t.Fatalf("never: %s", what)
		}
		p.picture(uint32(i*3000), false)
		time.Sleep(10 * time.Millisecond)
	}
}

// A packet that never comes costs the pictures up to a keyframe, which is asked for at once.
func TestLossAsksForKeyframe(t *testing.T) {
	h := newHost(t, Config{KeyInterval: time.Hour})
	p := publish(t, h, options{noAudio: true})
	p.wait()
	live := p.publication()
	for i := range 10 {
		p.picture(uint32(i*3000), i == 0)
	}
	eventually(t, "the first pictures arrive", func() bool { return live.Count(media.Video) >= 9 })
	p.number[media.Video]++ // the packet is never sent
	i := 10
	eventually(t, "a keyframe is asked for", func() bool {
		p.picture(uint32(i*3000), false)
		i++
		select {
		case <-p.keyRequests:
			return true
		default:
			return false
		}
	})
	last := i
	p.picture(uint32(i*3000), true)
	for range 5 {
		i++
		p.picture(uint32(i*3000), false)
	}
	eventually(t, "pictures arrive again", func() bool { return live.Count(media.Video) >= 14 })
	if n := live.Count(media.Video); n > 10+i-last+1 {
		t.Errorf("%d pictures, some of them broken", n)
	}
	if live.Request.Lost() != 1 {
		t.Errorf("%d packets lost, want 1", live.Request.Lost())
	}
}

// Browsers send keyframes only when they are asked to.
func TestKeyframesBySchedule(t *testing.T) {
	h := newHost(t, Config{KeyInterval: 50 * time.Millisecond})
	p := publish(t, h, options{noAudio: true})
	p.wait()
	p.picture(0, true)
	p.sendPictures(1, "three keyframes are asked for", func() bool { return len(p.keyRequests) >= 3 })
}

func TestSecondPublisherIsRefused(t *testing.T) {
	h := newHost(t, Config{})
	publish(t, h, options{}).wait()
	second := publish(t, h, options{noStart: true})
	response, text := h.offer(second.createOffer(nil), "KEY")
	if response.StatusCode != http.StatusConflict || !strings.Contains(text, ingest.ErrBusy.Error()) {
		t.Errorf("%s: %s", response.Status, text)
	}
}

// Who offers and never connects makes room.
func TestHalfOpen(t *testing.T) {
	h := newHost(t, Config{ConnectTimeout: 50 * time.Millisecond})
	p := publish(t, h, options{noStart: true})
	if response, text := h.offer(p.createOffer(nil), "KEY"); response.StatusCode != http.StatusCreated {
		t.Fatal(text)
	}
	if err := h.ended(); !errors.Is(err, ingest.ErrLost) {
		t.Errorf("ended with %v", err)
	}
	eventually(t, "the session is forgotten", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.sessions) == 0
	})
}

// A publisher that vanishes is noticed; one that closes the connection, at once.
func TestDeadPeer(t *testing.T) {
	for _, tt := range []struct {
		name string
		kill func(*publisher, net.PacketConn)
	}{
		{"closed without DELETE", func(p *publisher, _ net.PacketConn) { _ = p.pc.Close() }},
		{"vanished", func(_ *publisher, socket net.PacketConn) { _ = socket.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, Config{IdleTimeout: 3 * time.Second})
			socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			mux := webrtc.NewICEUDPMux(quiet.NewLogger("ice"), socket)
			t.Cleanup(func() { _ = mux.Close() })
			p := publish(t, h, options{settings: func(e *webrtc.SettingEngine) { e.SetICEUDPMux(mux) }})
			p.wait()
			live := p.publication()
			p.keepSending("media arrive", func() bool { return live.Count(media.Video) > 5 })
			tt.kill(p, socket)
			if err := h.ended(); !errors.Is(err, ingest.ErrLost) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A client that closes the connection first, and then says that the broadcast is over, is
// believed.
func TestDeleteAfterClose(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{})
	p.wait()
	over := h.find(strings.TrimPrefix(p.session, sessionPath)).over
	_ = p.pc.Close()
	select {
	case <-over:
	case <-time.After(patience):
		t.Fatal("the server doesn't know that the connection was closed")
	}
	if response, text := h.request("DELETE", p.session, ""); response.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", response.Status, text)
	}
	if err := h.ended(); err != nil {
		t.Errorf("ended with %v, want a clean end", err)
	}
}

func TestKick(t *testing.T) {
	h := newHost(t, Config{})
	p := publish(t, h, options{})
	p.wait()
	p.publication().Request.Kick(ingest.ErrKeyReplaced)
	if err := h.ended(); !errors.Is(err, ingest.ErrKeyReplaced) {
		t.Errorf("ended with %v", err)
	}
}

// A server that ends takes nobody new, and tells the publishers that it had.
func TestShutdown(t *testing.T) {
	h := newHost(t, Config{})
	publish(t, h, options{}).wait()
	h.stop()
	if err := h.ended(); !errors.Is(err, ingest.ErrShuttingDown) {
		t.Errorf("ended with %v", err)
	}
	p := publish(t, h, options{noStart: true})
	response, _ := h.offer(p.createOffer(nil), "KEY")
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("%s, Retry-After %q", response.Status, response.Header.Get("Retry-After"))
	}
}

// RTP clocks begin at random, and media of one moment come at different times: sender reports
// tell that they belong together.
func TestSenderReportsAlignTracks(t *testing.T) {
	h := newHost(t, Config{KeyInterval: time.Hour})
	p := publish(t, h, options{})
	p.wait()
	live := p.publication()
	const videoStart, audioStart = 1 << 31, 1<<32 - 5_000
	moment := time.Now()
	// Sound comes 200 ms of media before the picture of the same moment.
	send := func(i int) {
		p.picture(uint32(int64(videoStart)+int64(i)*1800), i == 0)
		p.sound(uint32(int64(audioStart) + int64(i+10)*960))
	}
	const pictures = 500
	for i := range pictures {
		send(i)
		if i%20 == 10 {
			p.report(p.videoSSRC, moment, videoStart)
			p.report(p.audioSSRC, moment, audioStart)
		}
		time.Sleep(time.Millisecond)
	}
	eventually(t, "all arrive", func() bool { return live.Count(media.Video) >= pictures-1 && live.Count(media.Audio) >= pictures })
	h.request("DELETE", p.session, "")
	_ = h.ended()
	video, audio := live.Samples[media.Video], live.Samples[media.Audio]
	for i := 1; i < len(video); i++ {
		if step := video[i].DTS - video[i-1].DTS; step <= 0 || step > 1800*11/10+1 {
			t.Fatalf("picture %d is %d ticks after the one before", i, step)
		}
	}
	// Of the last: picture i was sent with sound of a moment 200 ms later.
	last := len(video) - 1
	sound := media.Rescale(audio[len(audio)-1].DTS, opusRate, media.VideoTimescale)
	want := sound - media.TicksOf(200*time.Millisecond, media.VideoTimescale)
	if off := (video[last].DTS + video[last].CompositionOffset - want).Duration(media.VideoTimescale).Abs(); off > 2*time.Millisecond {
		t.Errorf("the picture is %v off the sound", off)
	}
}
