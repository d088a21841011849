package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// openTracks makes what gathers the rooms' publications for the chat by CDN (chat.cdn);
// nil: it is off.
func openTracks(enabled bool, metrics prometheus.Registerer) *replaylog.Logs {
	if !enabled {
		return nil
	}
	return replaylog.New(metrics)
}

// timed objects puts each stream's chat beside its segments.
func timedObjects(replayLogs *replaylog.Logs) func(media.StreamID) map[string]packager.TimedObjectSource {
	if replayLogs == nil {
		return nil
	}
	return func(id media.StreamID) map[string]packager.TimedObjectSource {
		return map[string]packager.TimedObjectSource{replaylog.Name: replayLogs.Open(string(id))}
	}
}
