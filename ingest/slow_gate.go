package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/globalfandom/lightstick/internal/attempts"
)

// SlowGate is a Gate before another: it slows down those who guess stream keys.
type SlowGate struct {
	Gate     Gate
	Attempts *attempts.Limiter
}

// keyKinds are the protocols' keys, as attempts are counted.
var keyKinds = map[string]attempts.Kind{"rtmp": attempts.RTMPKey, "rtsp": attempts.RTSPKey, "srt": attempts.SRTKey, "webrtc": attempts.WebRTCKey}

// Open implements Gate.
func (g SlowGate) Open(ctx context.Context, r Request) (Sink, error) {
	if r.Trusted != "" {
		return g.Gate.Open(ctx, r)
	}
	end, err := begin(g.Attempts, keyKinds[r.Protocol], r.Remote, r.Key)
	if err != nil {
		return nil, err
	}
	sink, err := g.Gate.Open(ctx, r)
	end(!errors.Is(err, ErrUnauthorized))
	return sink, err
}

// PassphraseAttempt is what the SRT server asks before it tries its passphrase.
func PassphraseAttempt(a *attempts.Limiter) func(remote string) (end func(right bool), err error) {
	return func(remote string) (func(bool), error) { return begin(a, attempts.SRTPassphrase, remote, "") }
}

// begin is Limiter.Begin for a protocol of ingest, with a peer's address and port.
func begin(a *attempts.Limiter, kind attempts.Kind, remote, secret string) (end func(right bool), err error) {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return nil, fmt.Errorf("address of the peer: %w", err)
	}
	end, err = a.Begin(kind, peer.Addr(), secret)
	if slow := (*attempts.SlowDown)(nil); errors.As(err, &slow) {
		return nil, fmt.Errorf("%w: try again in %v", ErrTooManyAttempts, slow.Retry)
	}
	return end, err
}
