package pull

import (
	"context"
	"sync"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// door is the gate that a client is given: it says which stream is fetched, and from where.
type door struct{ p *puller }

// Open implements ingest.Gate.
func (d door) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	r.Protocol, r.Remote, r.Trusted = d.p.address.Protocol(), d.p.address.Remote(), d.p.stream
	sink, err := d.p.gate.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	return &watched{Sink: sink, live: sync.OnceFunc(d.p.live)}, nil
}

// watched tells when the first sample comes.
type watched struct {
	ingest.Sink
	live func()
}

// Write implements ingest.Sink.
func (w *watched) Write(k media.Kind, s media.Sample) error {
	w.live()
	return w.Sink.Write(k, s)
}
