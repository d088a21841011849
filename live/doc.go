// Package live connects ingest, transcode and packager for each live stream: it takes
// publications from ingest, anchors their clock in wall-clock time, writes their samples to
// the packager and, for the ladder, to a transcoding worker.
//
// The [Manager] is the ingest.Gate: one publisher a stream. A [Stream] outlives
// its publications: when a publisher goes away, viewers stay and wait, and the
// next publication continues the playlists after a discontinuity.
//
// A publication with pictures whose sound ends, or never comes, has silence in its place.
//
//	ingest goroutine ── Write ──▶ publication ──▶ packager.Stream ("source", "audio")
//	                                 ▲ │ │
//	             sound.Converter ◀───┴─┘ └──▶ transcode.Worker ──▶ packager.Stream ("720p", …)
//	             (only of sound that players can't play)
package live
