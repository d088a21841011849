package main

import (
	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// openTracks makes what gathers the rooms' publications for the chat by CDN (chat.cdn);
// nil: it is off.
func openTracks(enabled bool) *replaylog.Logs {
	if !enabled {
		return nil
	}
	return replaylog.New()
}

// sidecars puts each stream's chat beside its segments.
func sidecars(replayLogs *replaylog.Logs) func(media.StreamID) map[string]packager.SidecarSource {
	if replayLogs == nil {
		return nil
	}
	return func(id media.StreamID) map[string]packager.SidecarSource {
		return map[string]packager.SidecarSource{replaylog.Name: replayLogs.Open(string(id))}
	}
}
