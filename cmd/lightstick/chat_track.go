package main

import (
	"github.com/globalfandom/lightstick/chat/track"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// openTracks makes what gathers the rooms' publications for the chat by CDN (chat.cdn);
// nil: it is off.
func openTracks(enabled bool) *track.Tracks {
	if !enabled {
		return nil
	}
	return track.New()
}

// sidecars puts each stream's chat beside its segments.
func sidecars(tracks *track.Tracks) func(media.StreamID) map[string]packager.SidecarSource {
	if tracks == nil {
		return nil
	}
	return func(id media.StreamID) map[string]packager.SidecarSource {
		return map[string]packager.SidecarSource{track.Name: tracks.Open(string(id))}
	}
}
