// Package packager cuts encoded samples into CMAF parts and segments and keeps
// the sliding window of them that live media playlists describe.
//
// A [Stream] is a group of renditions on one grid of segment boundaries. Its
// leader (the source's video, or its audio when there is none) decides where
// segments begin; the others are cut at the same media time and bear the same
// media sequence numbers. After each finished part a rendition publishes an
// immutable [Snapshot], whose playlist is rendered once, by whoever asks first.
//
// Sound is a rendition of its own, or travels with every picture (Config.Muxed): then
// pictures wait a moment for their sound.
//
// Writers call [Stream.Begin], [Stream.Write], [Stream.End]; a mutex orders them.
// Readers use [Rendition.Snapshot] and [Rendition.Await], which take no lock that
// a writer holds. Media time is in ticks of the track's timescale, the grid's in
// ticks of [media.VideoTimescale]; seconds appear only where a playlist is
// written. Playlist terms follow RFC 8216bis §4.4.
package packager
