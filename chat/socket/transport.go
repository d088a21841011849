package socket

import (
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
)

// transport is a connection as the library sees it.
type transport struct {
	outbox       *outbox
	encoding     *encoding
	pings        centrifuge.PingPongConfig
	closeTimeout time.Duration // Config.CloseTimeout
	closing      atomic.Bool
	// answer sees what is written, while a subscription begins.
	answer atomic.Pointer[answer]
}

var _ centrifuge.Transport = (*transport)(nil)

// Name implements centrifuge.TransportInfo.
func (t *transport) Name() string { return "websocket" }

// AcceptProtocol implements centrifuge.TransportInfo.
func (t *transport) AcceptProtocol() string { return "h1" }

// Protocol implements centrifuge.TransportInfo.
func (t *transport) Protocol() centrifuge.ProtocolType {
	if t.encoding.binary {
		return centrifuge.ProtocolTypeProtobuf
	}
	return centrifuge.ProtocolTypeJSON
}

// ProtocolVersion implements centrifuge.TransportInfo.
func (t *transport) ProtocolVersion() centrifuge.ProtocolVersion {
	return centrifuge.ProtocolVersion2
}

// Unidirectional implements centrifuge.TransportInfo.
func (t *transport) Unidirectional() bool { return false }

// Emulation implements centrifuge.TransportInfo.
func (t *transport) Emulation() bool { return false }

// DisabledPushFlags implements centrifuge.TransportInfo: a disconnect is a close frame.
func (t *transport) DisabledPushFlags() uint64 { return centrifuge.PushFlagDisconnect }

// PingPongConfig implements centrifuge.TransportInfo.
func (t *transport) PingPongConfig() centrifuge.PingPongConfig { return t.pings }

var pingFrame = jsonEncoding.appendFrame(nil, []byte("{}"))

// Write implements centrifuge.Transport.
func (t *transport) Write(reply []byte) error {
	if !t.encoding.binary && len(reply) == 2 {
		return t.outbox.write(pingFrame)
	}
	if a := t.answer.Load(); a != nil {
		a.read(reply, t.encoding)
	}
	return t.outbox.write(t.encoding.appendFrame(make([]byte, 0, len(reply)+16), reply))
}

// WriteMany implements centrifuge.Transport.
func (t *transport) WriteMany(replies ...[]byte) error {
	if len(replies) == 0 {
		return nil
	}
	return t.outbox.write(t.encoding.appendFrame(nil, replies...))
}

// Close implements centrifuge.Transport. It does not wait for the peer: whoever reads
// closes the connection after the peer's answer, or the timeout.
func (t *transport) Close(d centrifuge.Disconnect) error {
	if t.closing.Swap(true) {
		return nil
	}
	if d.Code == centrifuge.DisconnectConnectionClosed.Code {
		return t.outbox.conn.Close()
	}
	reason := d.Reason
	if len(reason) > 123 { // RFC 6455 §5.5
		reason = reason[:123]
	}
	body := ws.NewCloseFrameBody(ws.StatusCode(d.Code), reason)
	t.outbox.last(append(appendHeader(nil, ws.OpClose, len(body)), body...))
	return t.outbox.conn.SetReadDeadline(time.Now().Add(t.closeTimeout))
}
