package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/attempts"
)

// slowGate is an ingest.Gate before another: it slows down those who guess stream keys.
type slowGate struct {
	gate     ingest.Gate
	attempts *attempts.Limiter
}

// keyKinds are the protocols' keys, as attempts are counted.
var keyKinds = map[string]attempts.Kind{"rtmp": attempts.RTMPKey, "rtsp": attempts.RTSPKey, "srt": attempts.SRTKey}

// Open implements ingest.Gate.
func (g slowGate) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	if r.Trusted != "" {
		return g.gate.Open(ctx, r)
	}
	end, err := begin(g.attempts, keyKinds[r.Protocol], r.Remote, r.Key)
	if err != nil {
		return nil, err
	}
	sink, err := g.gate.Open(ctx, r)
	end(!errors.Is(err, ingest.ErrUnauthorized))
	return sink, err
}

// begin is Attempts.Begin for a protocol of ingest, with a peer's address and port.
func begin(a *attempts.Limiter, kind attempts.Kind, remote, secret string) (end func(right bool), err error) {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return nil, fmt.Errorf("address of the peer: %w", err)
	}
	end, err = a.Begin(kind, peer.Addr(), secret)
	if slow := (*attempts.SlowDown)(nil); errors.As(err, &slow) {
		return nil, fmt.Errorf("%w: try again in %v", ingest.ErrTooManyAttempts, slow.Retry)
	}
	return end, err
}

// gate decides who may publish. Where any key may, there is nothing to guess.
func (s *Server) gate() ingest.Gate {
	if s.cfg.Publish.Open {
		return s.manager
	}
	return slowGate{s.manager, s.access.attempts}
}

// passphraseAttempt is what the SRT server asks before it tries srt.passphrase.
func (s *Server) passphraseAttempt(remote string) (end func(right bool), err error) {
	return begin(s.access.attempts, attempts.SRTPassphrase, remote, "")
}
