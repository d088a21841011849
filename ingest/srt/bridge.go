package srt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/packet"

	"github.com/globalfandom/lightstick/ingest"
)

// bridge joins a peer with whom a handshake is done to a connection of the library, which only
// takes calls: it calls a listener on the loopback interface as the peer would, and passes
// packets on. They keep their contents but for the socket's ID and the beginning of time.
type bridge struct {
	outer    net.Conn // to the peer
	inner    *net.UDPConn
	listener srt.Listener
	agreed   agreement
	local    uint32 // socket ID of the library's connection
	conn     srt.Conn
	running  sync.WaitGroup
}

// farewell is how long the packet that ends a connection has to be passed on.
const farewell = 200 * time.Millisecond

// newBridge connects. It owns outer from then on.
func newBridge(ctx context.Context, outer net.Conn, a agreement, c *Client) (*bridge, error) {
	r := &bridge{outer: outer, agreed: a}
	cfg := srt.DefaultConfig()
	cfg.ReceiverLatency, cfg.PeerLatency, cfg.PeerIdleTimeout = c.Latency, c.Latency, c.idle
	var err error
	if r.listener, err = srt.Listen("srt", "127.0.0.1:0", cfg); err != nil {
		return nil, fmt.Errorf("srt: %w", err)
	}
	if r.inner, err = net.DialUDP("udp", nil, r.listener.Addr().(*net.UDPAddr)); err != nil {
		r.listener.Close()
		return nil, fmt.Errorf("srt: %w", err)
	}
	if err := r.connect(ctx, c.Passphrase); err != nil {
		r.close()
		return nil, err
	}
	r.running.Go(r.fromPeer)
	r.running.Go(r.toPeer)
	return r, nil
}

// connect calls the listener as the peer would.
func (r *bridge) connect(ctx context.Context, passphrase string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, r.listener.Close)()
	accepted := make(chan error, 1)
	r.running.Go(func() { accepted <- r.accept(passphrase) })
	h := &caller{conn: r.inner, id: r.agreed.peer, first: r.agreed.handshake.InitialPacketSequenceNumber, started: time.Now()}
	induction := h.basic(packet.HSTYPE_INDUCTION)
	induction.Version, induction.ExtensionField = 4, 2
	reply, err := h.exchange(ctx, marshalHandshake(induction, 0, 0), func(r received) bool { return r.HandshakeType == packet.HSTYPE_INDUCTION })
	if err != nil {
		return err
	}
	request := r.agreed.handshake // a copy: what the peer can do, and its keys
	request.IsRequest, request.SynCookie, request.SRTSocketId, request.HasSID = true, reply.SynCookie, r.agreed.peer, false
	if reply, err = h.exchange(ctx, marshalHandshake(&request, 0, 0), func(r received) bool { return r.HandshakeType == packet.HSTYPE_CONCLUSION }); err != nil {
		return err
	}
	r.local = reply.SRTSocketId
	return <-accepted
}

// accept takes the call of the bridge, and of nobody else on this machine.
func (r *bridge) accept(passphrase string) error {
	for {
		request, err := r.listener.Accept2()
		switch {
		case err != nil:
			return err
		case request.RemoteAddr().String() != r.inner.LocalAddr().String():
			request.Reject(srt.REJ_PEER)
			continue
		}
		if request.IsEncrypted() {
			if err := request.SetPassphrase(passphrase); err != nil {
				request.Reject(srt.REJ_BADSECRET)
				return errWrongPassphrase
			}
		}
		r.conn, err = request.Accept()
		return err
	}
}

// Positions in a packet's header (draft-sharabayko-srt §3).
const (
	timestampAt = 8
	socketAt    = 12
	headerSize  = 16
)

// fromPeer passes on what the peer sends, until the connection ends.
func (r *bridge) fromPeer() {
	var buffer [srt.MAX_MSS_SIZE]byte
	_ = r.outer.SetReadDeadline(time.Time{})
	for {
		n, err := r.outer.Read(buffer[:])
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil, n < headerSize:
			continue // ICMP says that the peer's port is closed: the idle timeout ends it
		}
		b := buffer[:n]
		if handshake := uint16(0x8000) | uint16(packet.CTRLTYPE_HANDSHAKE); binary.BigEndian.Uint16(b) == handshake {
			if r.agreed.answer != nil {
				_, _ = r.outer.Write(r.agreed.answer)
			}
			continue
		}
		if binary.BigEndian.Uint32(b[socketAt:]) != r.agreed.own {
			continue
		}
		binary.BigEndian.PutUint32(b[timestampAt:], binary.BigEndian.Uint32(b[timestampAt:])-r.agreed.began)
		binary.BigEndian.PutUint32(b[socketAt:], r.local)
		_, _ = r.inner.Write(b)
	}
}

// toPeer passes on what the library sends.
func (r *bridge) toPeer() {
	var buffer [srt.MAX_MSS_SIZE]byte
	_ = r.inner.SetReadDeadline(time.Time{})
	for {
		n, err := r.inner.Read(buffer[:])
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			continue
		}
		_, _ = r.outer.Write(buffer[:n])
	}
}

// close ends the connection, tells the peer, and waits for the end of everything.
func (r *bridge) close() {
	if r.conn != nil {
		_ = r.conn.Close()
	}
	_ = r.inner.SetReadDeadline(time.Now().Add(farewell))
	_ = r.outer.SetReadDeadline(time.Now().Add(farewell))
	if r.conn == nil {
		r.listener.Close()
	}
	r.running.Wait()
	r.listener.Close()
	_ = r.inner.Close()
	_ = r.outer.Close()
}

// silence tells a silent peer from an end of input, which gosrt reports alike, see [Server].
func silence(timed *timedReader, idle, latency time.Duration) error {
	if time.Since(timed.last) >= (idle-latency)/2 {
		return ingest.Lost(os.ErrDeadlineExceeded, idle)
	}
	return nil
}
