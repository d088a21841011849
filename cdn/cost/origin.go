package cost

import (
	"context"
	"time"
)

// Served is what the origin has sent of a stream since the server started.
type Served struct {
	Requests, Bytes int64
	Watched         time.Duration // viewers' time that the requests stand for
}

// OriginReader counts in a meter what the origin sends.
type OriginReader struct {
	Meter *Meter
	// Served is by stream. A stream that is left out begins at zero when it comes back.
	Served func() map[string]Served
	seen   map[string]Served
}

// readEvery is how often the origin's counters are read.
const readEvery = 10 * time.Second

// Run reads the counters until ctx ends, then once more.
func (o *OriginReader) Run(ctx context.Context) error {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		o.read(time.Now())
	}
	return nil
}

// read counts what the origin has sent since the last time.
func (o *OriginReader) read(now time.Time) {
	var usages []Usage
	served := o.Served()
	for stream, sent := range served {
		before := o.seen[stream]
		if sent != before {
			usages = append(usages, Usage{
				At: now, Via: ViaOrigin, CDN: OriginCDN, Stream: stream, Requests: sent.Requests - before.Requests,
				Bytes: sent.Bytes - before.Bytes, Watched: sent.Watched - before.Watched,
			})
		}
	}
	o.seen = served
	o.Meter.Add(usages...)
}
