package srt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/retry"
)

const (
	// resend is how often a handshake is sent until the peer answers it.
	resend = 250 * time.Millisecond
	// callTimeout bounds the time that a listener has to answer. A peer in rendezvous mode may
	// start at any time.
	callTimeout       = 5 * time.Second
	rendezvousTimeout = time.Minute
	// magic marks an induction of version 5 (draft-sharabayko-srt §4.3.1.1).
	magic = 0x4a17
	// flowWindow is SRT's usual one, in packets.
	flowWindow = 25600
)

var (
	errWrongPassphrase = fmt.Errorf("%w: the peer has another passphrase", ingest.ErrCredentials)
	errNoPassphrase    = fmt.Errorf("%w: the peer wants a passphrase; set passphrase= in the address, or there is one and the peer has none", ingest.ErrCredentials)
	errNoAnswer        = errors.New("no answer in time; check host and port (UDP), and firewalls")
	errCookies         = errors.New("both sides of the rendezvous have the same cookie")
)

// agreement is what a handshake led to.
type agreement struct {
	peer      uint32 // the peer's socket ID
	own       uint32 // that the peer knows us by
	began     uint32 // timestamp of the peer's answer, in microseconds
	handshake packet.CIFHandshake
	answer    []byte // to send again when the peer repeats its handshake; nil: none
}

// caller speaks the handshake. The library's own is sent only once, leaks a goroutine when it
// fails, and knows no rendezvous.
type caller struct {
	conn       net.Conn
	passphrase string
	streamID   string
	latency    time.Duration
	keys       *packet.CIFKeyMaterialExtension // ours; nil: no passphrase
	id         uint32
	first      circular.Number // sequence number
	started    time.Time
	led        bool // a rendezvous
	patient    bool // the peer need not listen yet
}

func newCaller(conn net.Conn, c *Client) (*caller, error) {
	h := &caller{
		conn: conn, passphrase: c.Passphrase, streamID: c.StreamID, latency: c.Latency, started: time.Now(),
		id: rand.Uint32() | 1, first: circular.New(rand.Uint32()&packet.MAX_SEQUENCENUMBER, packet.MAX_SEQUENCENUMBER),
	}
	if h.passphrase == "" {
		return h, nil
	}
	return h, h.makeKeys(c.KeyLength)
}

// makeKeys makes keys of a length in bytes.
func (h *caller) makeKeys(length int) error {
	cipher, err := crypto.New(length)
	if err != nil {
		return err
	}
	h.keys = &packet.CIFKeyMaterialExtension{}
	return cipher.MarshalKM(h.keys, h.passphrase, packet.EvenKeyEncrypted)
}

// adopt makes keys of the length that the peer advertises, which sends and so decides it.
func (h *caller) adopt(r received) error {
	length := 8 * r.EncryptionField
	if h.keys == nil || length == 0 || length == h.keys.KLen {
		return nil
	}
	return h.makeKeys(int(length))
}

// basic is a handshake without extensions.
func (h *caller) basic(kind packet.HandshakeType) *packet.CIFHandshake {
	cif := &packet.CIFHandshake{
		IsRequest: true, Version: 5, HandshakeType: kind, SRTSocketId: h.id, InitialPacketSequenceNumber: h.first,
		MaxTransmissionUnitSize: srt.MAX_MSS_SIZE, MaxFlowWindowSize: flowWindow,
	}
	cif.PeerIP.FromNetAddr(h.conn.LocalAddr())
	return cif
}

// request is a conclusion that asks for a connection.
func (h *caller) request(cookie uint32) *packet.CIFHandshake {
	cif := h.basic(packet.HSTYPE_CONCLUSION)
	cif.SynCookie = cookie
	cif.HasHS, cif.SRTHS = true, h.extension()
	cif.HasSID, cif.StreamId = h.streamID != "", h.streamID
	if h.keys != nil {
		cif.HasKM, cif.SRTKM = true, h.keys
	}
	return cif
}

// extension says what we can do: receive, and send again.
func (h *caller) extension() *packet.CIFHandshakeExtension {
	delay := uint16(h.latency.Milliseconds())
	return &packet.CIFHandshakeExtension{
		SRTVersion: srt.SRT_VERSION, RecvTSBPDDelay: delay, SendTSBPDDelay: delay,
		SRTFlags: packet.CIFHandshakeExtensionFlags{TSBPDSND: true, TSBPDRCV: true, CRYPT: true, TLPKTDROP: true, PERIODICNAK: true, REXMITFLG: true},
	}
}

// call connects to a listener (§4.3.1).
func (h *caller) call(ctx context.Context) (agreement, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	induction := h.basic(packet.HSTYPE_INDUCTION)
	induction.Version, induction.ExtensionField = 4, 2
	reply, err := h.exchange(ctx, h.marshal(induction, 0), func(r received) bool {
		return r.HandshakeType == packet.HSTYPE_INDUCTION && r.Version == 5 && r.ExtensionField == magic
	})
	if err == nil {
		err = h.adopt(reply)
	}
	if err != nil {
		return agreement{}, err
	}
	reply, err = h.exchange(ctx, h.marshal(h.request(reply.SynCookie), 0), func(r received) bool {
		return r.HandshakeType == packet.HSTYPE_CONCLUSION && r.HasHS
	})
	if err != nil {
		return agreement{}, err
	}
	return h.agree(reply, nil), nil
}

// agree is the agreement of an answer to our request.
func (h *caller) agree(r received, answer []byte) agreement {
	a := agreement{peer: r.SRTSocketId, own: h.id, began: r.timestamp, handshake: r.CIFHandshake, answer: answer}
	a.handshake.SRTKM, a.handshake.HasKM = h.keys, h.keys != nil
	return a
}

// received is a handshake of the peer.
type received struct {
	packet.CIFHandshake
	timestamp uint32
}

// exchange sends a handshake until the answer comes that is wanted, or a refusal.
func (h *caller) exchange(ctx context.Context, request []byte, wanted func(received) bool) (received, error) {
	for {
		if err := ctx.Err(); err != nil {
			return received{}, ended(err)
		}
		if _, err := h.conn.Write(request); err != nil && !h.absent(err) {
			return received{}, err
		}
		for again := time.Now().Add(resend); ; {
			r, err := h.receive(again)
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
			case h.absent(err):
				retry.Sleep(ctx, time.Until(again))
			case err != nil:
				return received{}, err
			case r.HandshakeType.IsRejection():
				return received{}, rejected(srt.RejectionReason(r.HandshakeType))
			case wanted(r):
				return r, nil
			default:
				continue
			}
			break
		}
	}
}

// absent reports that nobody listens at the peer's port yet, as ICMP says, and may.
func (h *caller) absent(err error) bool { return h.patient && errors.Is(err, syscall.ECONNREFUSED) }

func ended(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return ingest.ErrShuttingDown
}

// receive reads a handshake, whatever else comes, until a time.
func (h *caller) receive(until time.Time) (received, error) {
	if err := h.conn.SetReadDeadline(until); err != nil {
		return received{}, err
	}
	var buffer [srt.MAX_MSS_SIZE]byte
	for {
		n, err := h.conn.Read(buffer[:])
		if err != nil {
			return received{}, err
		}
		r, err := parseHandshake(buffer[:n])
		switch {
		case errors.Is(err, errKeys) && h.keys != nil:
			return received{}, errWrongPassphrase
		case err == nil:
			return r, nil
		}
	}
}

var (
	errNoHandshake = errors.New("no handshake")
	errKeys        = errors.New("key material that says why there is none")
)

// parseHandshake reads a handshake packet. The library's parser panics on some malformed ones.
func parseHandshake(b []byte) (r received, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handshake: %v", p)
		}
	}()
	p, err := packet.NewPacketFromData(nil, b)
	if err != nil {
		return r, err
	}
	defer p.Decommission()
	if !p.Header().IsControlPacket || p.Header().ControlType != packet.CTRLTYPE_HANDSHAKE {
		return r, errNoHandshake
	}
	r.timestamp = p.Header().Timestamp
	err = p.UnmarshalCIF(&r.CIFHandshake)
	if err != nil && r.SRTKM != nil && r.SRTKM.KLen == 0 {
		return r, errKeys // an answer to keys of four bytes: why they can't be used
	}
	return r, err
}

// marshal makes a packet of a handshake, to a socket of the peer; 0: it is not known yet.
func (h *caller) marshal(cif *packet.CIFHandshake, to uint32) []byte {
	return marshalHandshake(cif, to, uint32(time.Since(h.started).Microseconds()))
}

func marshalHandshake(cif *packet.CIFHandshake, to, timestamp uint32) []byte {
	p := packet.NewPacket(nil)
	defer p.Decommission()
	header := p.Header()
	header.IsControlPacket, header.ControlType = true, packet.CTRLTYPE_HANDSHAKE
	header.Timestamp, header.DestinationSocketId = timestamp, to
	p.MarshalCIF(cif)
	var b bytes.Buffer
	_ = p.Marshal(&b) // to memory
	return b.Bytes()
}

// rejected says why a peer refused us.
func rejected(code srt.RejectionReason) error {
	switch code {
	case srt.REJ_BADSECRET:
		return errWrongPassphrase
	case srt.REJ_UNSECURE:
		return errNoPassphrase
	case srt.REJX_NOTFOUND:
		return fmt.Errorf("%w (SRT rejection %d)", ingest.ErrNoStream, code)
	case srt.REJX_UNAUTHORIZED, srt.REJX_FORBIDDEN, srt.REJX_BAD_REQUEST:
		return fmt.Errorf("%w: the peer does not let this streamid in (SRT rejection %d)", ingest.ErrCredentials, code)
	}
	return fmt.Errorf("the peer refused the connection (SRT rejection %d); check streamid= in the address, and the peer's log", code)
}
