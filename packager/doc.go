// Package packager cuts encoded samples into CMAF parts and segments and keeps
// the sliding window of them that live media playlists describe.
//
// A [Stream] is a group of renditions on one grid of segment boundaries. Its
// leader (the source's video, or its audio when there is none) decides where
// segments begin; the others are cut at the same media time and bear the same
// media sequence numbers. After each finished part a rendition publishes an
// immutable [Snapshot], whose playlist is rendered once, by whoever asks first.
//
// Samples go one way through four types, each of which calls the next:
//
//	Stream      the lock of all writers; what they may call
//	segmenter   samples in; sets the boundaries in the schedule (grid, leader)
//	cutter      one for each rendition: parts and segments out, by the schedule
//	playlists   what each playlist lists; moves the window, publishes snapshots
//
// Readers have published, [Rendition], [Snapshot] and [TimedObjects], which take no lock
// that a writer holds. What a [Recorder] and a [TimedObjectSource] are told waits in the
// outbox until the lock is released.
//
// Sound is a rendition of its own, or travels with every picture (Config.Muxed): then
// pictures wait a moment for their sound.
//
// Media time is in ticks of the track's timescale, the grid's in
// ticks of [media.VideoTimescale]; seconds appear only where a playlist is
// written. Playlist terms follow RFC 8216bis §4.4.
package packager
