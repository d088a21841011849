package recording

import (
	"context"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/media"
)

// recorders makes the recorders of broadcasts, and is what they work with.
type recorders struct {
	segmentDuration time.Duration
	policy          func(context.Context, media.StreamID) (Policy, error)
	metrics         *metrics
	files           *files
	queue           *writeQueue
	worker          *worker
	live            *broadcasts
	catalogue       *catalogue
	replicator      *replicator
	remover         *remover
	maker           *recordingMaker
	log             *slog.Logger
}

// recorder makes the recorder of a stream's next broadcast.
func (rs *recorders) recorder(id media.StreamID) *BroadcastRecorder {
	return &BroadcastRecorder{
		recorders: rs, id: id, unsaved: make(map[string][]byte),
		expiry: expiry{oldest: make(map[string]int64), pins: make(map[string]span)},
	}
}

// policyTimeout bounds the wait for a stream's policy.
const policyTimeout = 2 * time.Second

// newHead describes a broadcast that begins now.
func (rs *recorders) newHead(id media.StreamID) Head {
	ctx, cancel := context.WithTimeout(context.Background(), policyTimeout)
	defer cancel()
	policy, err := rs.policy(ctx, id)
	if err != nil {
		rs.log.Error("the stream's settings can't be read; it is recorded, to be safe", "stream", id, "err", err)
		policy = Policy{Title: string(id), Record: true}
	}
	now := time.Now()
	return Head{
		Version: journalVersion, ID: newID(now), Stream: id, Title: policy.Title,
		Record: policy.Record, Retention: policy.Retention, Begun: now,
	}
}

// newID is an ID that sorts by time and can't be guessed.
func newID(at time.Time) string {
	return at.UTC().Format("20060102-150405") + "-" + randomid.Hex(8)
}
