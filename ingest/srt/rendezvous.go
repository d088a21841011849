package srt

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"time"

	srt "github.com/datarhei/gosrt"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

// meet connects to a peer that calls us at the same time (draft-sharabayko-srt §4.3.2). Whose
// cookie wins asks for the connection, and its keys are taken.
func (h *caller) meet(ctx context.Context) (agreement, error) {
	ctx, cancel := context.WithTimeout(ctx, rendezvousTimeout)
	defer cancel()
	cookie := rand.Uint32()
	wave := h.basic(packet.HSTYPE_WAVEHAND)
	wave.SynCookie = cookie
	if h.keys != nil {
		wave.EncryptionField = h.keys.KLen / 8
	}
	hello, err := h.exchange(ctx, h.marshal(wave, 0), func(r received) bool {
		return r.HandshakeType == packet.HSTYPE_WAVEHAND || r.HandshakeType == packet.HSTYPE_CONCLUSION
	})
	switch {
	case err != nil:
		return agreement{}, err
	case hello.SynCookie == cookie:
		return agreement{}, errCookies
	case int32(cookie-hello.SynCookie) > 0:
		h.led = true
		if err := h.adopt(hello); err != nil {
			return agreement{}, err
		}
		return h.lead(ctx, hello, cookie)
	}
	return h.follow(ctx, hello, cookie)
}

// errAnew reports a peer that would not go on with a rendezvous.
var errAnew = errors.New("the peer dropped the handshake and began anew; its log may say why")

// lead asks for the connection, and confirms the answer. libsrt refuses keys without a word,
// and then waves from another socket.
func (h *caller) lead(ctx context.Context, hello received, cookie uint32) (agreement, error) {
	anew := func(r received) bool {
		return r.HandshakeType == packet.HSTYPE_WAVEHAND && r.SRTSocketId != hello.SRTSocketId
	}
	reply, err := h.exchange(ctx, h.marshal(h.request(cookie), hello.SRTSocketId), func(r received) bool {
		return anew(r) || r.HandshakeType == packet.HSTYPE_CONCLUSION && r.HasHS
	})
	switch {
	case err != nil:
		return agreement{}, err
	case anew(reply) && h.keys != nil:
		return agreement{}, errWrongPassphrase
	case anew(reply):
		return agreement{}, errAnew
	}
	agreed := h.basic(packet.HSTYPE_AGREEMENT)
	agreed.SynCookie = cookie
	answer := h.marshal(agreed, hello.SRTSocketId)
	if _, err := h.conn.Write(answer); err != nil {
		return agreement{}, err
	}
	return h.agree(reply, answer), nil
}

// follow waits for the request, and answers it.
func (h *caller) follow(ctx context.Context, hello received, cookie uint32) (agreement, error) {
	empty := h.basic(packet.HSTYPE_CONCLUSION)
	empty.SynCookie = cookie
	request := hello
	if !hello.HasHS {
		var err error
		request, err = h.exchange(ctx, h.marshal(empty, hello.SRTSocketId), func(r received) bool {
			return r.HandshakeType == packet.HSTYPE_CONCLUSION && r.HasHS
		})
		if err != nil {
			return agreement{}, err
		}
	}
	if reason := h.judgeKeys(request); reason != 0 {
		empty.HandshakeType = packet.HandshakeType(reason)
		_, _ = h.conn.Write(h.marshal(empty, request.SRTSocketId))
		return agreement{}, rejected(reason)
	}
	reply := h.basic(packet.HSTYPE_CONCLUSION)
	reply.IsRequest, reply.SynCookie = false, cookie
	reply.HasHS, reply.SRTHS = true, h.extension()
	reply.HasKM, reply.SRTKM = request.HasKM, request.SRTKM
	answer := h.marshal(reply, request.SRTSocketId)
	if err := h.confirm(ctx, answer); err != nil {
		return agreement{}, err
	}
	a := agreement{peer: request.SRTSocketId, own: h.id, began: request.timestamp, handshake: request.CIFHandshake, answer: answer}
	return a, nil
}

// confirm sends an answer until the peer takes it for one: it says so, or sends media.
func (h *caller) confirm(ctx context.Context, answer []byte) error {
	for {
		if err := ctx.Err(); err != nil {
			return ended(err)
		}
		if _, err := h.conn.Write(answer); err != nil {
			return err
		}
		if err := h.conn.SetReadDeadline(time.Now().Add(resend)); err != nil {
			return err
		}
		var buffer [srt.MAX_MSS_SIZE]byte
		n, err := h.conn.Read(buffer[:])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return err
		}
		r, err := parseHandshake(buffer[:n])
		if errors.Is(err, errNoHandshake) || err == nil && r.HandshakeType == packet.HSTYPE_AGREEMENT {
			return nil
		}
	}
}

// judgeKeys is why the keys of a request can't be used; 0: they can.
func (h *caller) judgeKeys(request received) srt.RejectionReason {
	switch {
	case (h.keys != nil) != request.HasKM:
		return srt.REJ_UNSECURE
	case h.keys == nil:
		return 0
	}
	cipher, err := crypto.New(int(request.SRTKM.KLen))
	if err == nil {
		err = cipher.UnmarshalKM(request.SRTKM, h.passphrase)
	}
	if err != nil {
		return srt.REJ_BADSECRET
	}
	return 0
}
