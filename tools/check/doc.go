// Package check watches a live HLS stream as a strict player would, and tells
// which rules of HTTP Live Streaming it keeps and which it breaks.
//
// [Run] takes the URL of a multivariant or a media playlist on any server,
// follows every rendition with blocking reload for a while, fetches what the
// playlists list, and returns a [Report]. It reads playlists and boxes with its
// own parsers and shares no code with Lightstick's packager, so that both cannot
// be wrong in the same way.
//
// Rules are one table (rules.go): identifier, section, title, and whether the
// specification demands or recommends. Sections are those of
// draft-pantos-hls-rfc8216bis unless another document is named. A demand that is
// not met is broken; a recommendation that is not met is a warning.
//
// Three kinds of code meet in the [ledger], where every check is counted:
//
//	parsers      bytes -> mediaPlaylist, multivariant, boxes; never panic, never
//	             allocate more than the bytes received justify
//	analysis     parsed values -> ledger; no I/O and no clock
//	the watcher  one goroutine a rendition follows its playlist, one fetches its
//	             media, one sends requests that players seldom send (probe.go)
//
// The checks are in files by subject:
//
//	static.go, static_parts.go   one playlist by itself
//	update.go, timeline.go       a playlist and the one before; its times
//	delta.go, daterange.go       delta updates; EXT-X-DATERANGE
//	compare.go, sightings.go     renditions side by side; what one playlist says of another
//	variants.go, multivariant.go the multivariant playlist
//	fragment.go, init_section.go media and its initialization section
//	iframes.go, headers.go       I-frame playlists; HTTP header fields
//	judge.go                     answers to single requests
//
// What a network or a busy machine adds to a time is allowed for: Config.Slack.
package check
