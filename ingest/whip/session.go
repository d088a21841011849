package whip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/media"
)

const (
	// queueLength is how many packets of a publisher may wait; when it is full the library's
	// buffers fill, which leave packets out.
	queueLength = 256
	// tick is how often a session looks what is due.
	tick = 20 * time.Millisecond
	// closedGrace is how long a DELETE may come after the connection was closed: some clients
	// close it first.
	closedGrace = 2 * time.Second
)

// session is a publisher's peer connection.
type session struct {
	server *Server
	id     string // secret: whoever knows it may end the session
	remote string
	wishes offer

	ctx    context.Context // of the session, with the reason of its end
	cancel context.CancelCauseFunc

	peer        *webrtc.PeerConnection
	connected   chan struct{} // closed when media can come
	onConnect   sync.Once
	over        chan struct{} // closed when the peer has closed the connection
	onOver      sync.Once
	negotiation sync.Mutex   // one restart at a time
	tag         atomic.Value // string: the entity tag of the ICE session (RFC 9725 §4.3.1)

	events  chan event // of the readers; run takes them
	tracks  sync.Mutex // guards readers and closed
	readers sync.WaitGroup
	closed  bool

	packets, lost atomic.Uint64
	receiver      *receiver // of run alone
}

// event is what a reader read: a packet, or a sender report.
type event struct {
	kind   media.Kind
	ssrc   webrtc.SSRC
	at     time.Time
	packet *rtp.Packet
	report *rtcp.SenderReport
}

// errDeleted is why a session ends that the publisher ended: no error.
var errDeleted = errors.New("the publisher ended the session")

func newSession(s *Server, remote string) *session {
	p := &session{
		server: s, id: randomid.New(), remote: remote,
		connected: make(chan struct{}), over: make(chan struct{}), events: make(chan event, queueLength),
	}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.newTag()
	return p
}

func (p *session) newTag() { p.tag.Store(`"` + randomid.New() + `"`) }

func (p *session) etag() string { return p.tag.Load().(string) }

// end ends the session for a reason, without waiting for it.
func (p *session) end(reason error) { p.cancel(reason) }

// answer makes the peer connection and the answer to an offer.
func (p *session) answer(text string) (string, error) {
	formats, err := p.wishes.formats()
	if err != nil {
		return "", err
	}
	if p.peer, err = p.server.newConnection(formats); err != nil {
		return "", fmt.Errorf("peer connection: %w", err)
	}
	p.peer.OnTrack(p.onTrack)
	p.peer.OnConnectionStateChange(p.onState)
	return p.negotiate(text)
}

// negotiate answers an offer, the first one or one that restarts ICE.
func (p *session) negotiate(text string) (string, error) {
	if err := p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		return "", fmt.Errorf("%w: %w", ingest.ErrMalformed, err)
	}
	answer, err := p.peer.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnprocessable, err)
	}
	gathered := webrtc.GatheringCompletePromise(p.peer)
	if err := p.peer.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", errUnprocessable, err)
	}
	select {
	case <-gathered:
	case <-time.After(gatherTimeout):
		return "", errors.New("webrtc: finding this machine's addresses took too long")
	}
	return p.peer.LocalDescription().SDP, nil
}

func (p *session) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.onConnect.Do(func() { close(p.connected) })
	case webrtc.PeerConnectionStateFailed:
		p.end(fmt.Errorf("%w: nothing came for %v; see whether the encoder still runs, and check its network", ingest.ErrLost, p.server.cfg.IdleTimeout))
	case webrtc.PeerConnectionStateClosed:
		p.onOver.Do(func() { close(p.over) })
	}
}

// onTrack reads a track, in goroutines that end with the peer connection.
func (p *session) onTrack(track *webrtc.TrackRemote, from *webrtc.RTPReceiver) {
	kind := media.Audio
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		kind = media.Video
	}
	p.tracks.Lock()
	defer p.tracks.Unlock()
	if p.closed {
		return
	}
	p.readers.Go(func() { p.readPackets(kind, track) })
	p.readers.Go(func() { p.readReports(kind, from) })
}

func (p *session) readPackets(kind media.Kind, track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.packets.Add(1)
		if !p.put(event{kind: kind, ssrc: track.SSRC(), at: time.Now(), packet: packet}) {
			return
		}
	}
}

func (p *session) readReports(kind media.Kind, from *webrtc.RTPReceiver) {
	for {
		packets, _, err := from.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if report, ok := packet.(*rtcp.SenderReport); ok && !p.put(event{kind: kind, at: time.Now(), report: report}) {
				return
			}
		}
	}
}

// put gives run an event. It reports false when the session ends.
func (p *session) put(e event) bool {
	select {
	case p.events <- e:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// run carries the session to its end. When it returns, everything of it has ended.
func (p *session) run() {
	reason := p.takeMedia()
	p.tracks.Lock()
	p.closed = true
	p.tracks.Unlock()
	_ = p.peer.GracefulClose()
	p.readers.Wait()
	if errors.Is(reason, errDeleted) {
		reason = nil
	}
	p.receiver.close(reason)
	p.server.lines.Log(p.server.log, slog.LevelInfo, p.remote+" "+string(p.receiver.session.Stream()), "webrtc session ended",
		"stream", p.receiver.session.Stream(), "remote", p.remote, "packets", p.packets.Load(), "lost", p.lost.Load(), "err", reason)
}

// takeMedia feeds the receiver until the session ends, and returns the reason.
func (p *session) takeMedia() error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	halfOpen := time.NewTimer(p.server.cfg.ConnectTimeout)
	defer halfOpen.Stop()
	connected, over := p.connected, p.over
	var grace <-chan time.Time
	for {
		var err error
		select {
		case e := <-p.events:
			err = p.receiver.take(e)
		case now := <-ticker.C:
			err = p.receiver.due(now)
		case <-connected:
			halfOpen.Stop()
			connected = nil
		case <-over:
			over, grace = nil, time.After(closedGrace)
		case <-grace:
			err = fmt.Errorf("%w: the publisher closed the connection without ending the session by DELETE", ingest.ErrLost)
		case <-halfOpen.C:
			err = fmt.Errorf("%w: no media connection within %v; let UDP or TCP through to the port of webrtc.listen, and see docs/deploy.md for webrtc.hosts",
				ingest.ErrLost, p.server.cfg.ConnectTimeout)
		case <-p.ctx.Done():
			err = context.Cause(p.ctx)
		}
		if err != nil {
			p.cancel(err) // readers that wait to put something end
			return context.Cause(p.ctx)
		}
	}
}

// requestKeyframe asks for one (RFC 4585 §6.3.1).
func (p *session) requestKeyframe(ssrc webrtc.SSRC) {
	p.server.counted.keyframes.Add(1)
	_ = p.peer.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}}) // asked for again if it is lost
}
