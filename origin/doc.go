// Package origin serves live HLS over HTTP: playlists with blocking reload (RFC
// 8216bis §6.2.5.2), parts, segments and initialization sections.
//
// A request does no work that another viewer's request has done already:
// playlists are rendered and compressed once for each snapshot, media are written
// from the packager's own chunks. What an answer says depends on the stream's
// state alone, never on who asks, so that any cache may keep and share it.
package origin
