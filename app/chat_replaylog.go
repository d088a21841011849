package app

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/persist"
	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// openReplayLogs makes what gathers the rooms' publications for the chat by CDN (chat.cdn);
// nil: it is off.
func openReplayLogs(enabled bool, metrics prometheus.Registerer) *replaylog.Logs {
	if !enabled {
		return nil
	}
	return replaylog.New(metrics)
}

// timedObjects puts each stream's chat beside its segments.
func timedObjects(replayLogs *replaylog.Logs) func(media.StreamID) map[string]packager.TimedObjectSource {
	if replayLogs == nil {
		return nil
	}
	return func(id media.StreamID) map[string]packager.TimedObjectSource {
		return map[string]packager.TimedObjectSource{replaylog.Name: replayLogs.Open(string(id))}
	}
}

// rewriter changes the chat that lies beside recordings.
type rewriter = func(context.Context, persist.RewriteRequest) (persist.RewriteResult, error)

// rewriteRecordings has a library change it.
func rewriteRecordings(library *recording.Library) rewriter {
	return func(ctx context.Context, r persist.RewriteRequest) (persist.RewriteResult, error) {
		done, err := library.Rewrite(ctx, recording.RewriteRequest{
			Stream: media.StreamID(r.Room), TimedObjects: replaylog.Name, From: r.From, To: r.To, Change: r.Change,
		})
		return persist.RewriteResult{Items: done.Items, Pending: done.Pending}, err
	}
}
