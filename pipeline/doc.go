// Package pipeline joins the rooms that a frame passes through: it takes
// publications from ingest, ties them to wall-clock time, hands them to the
// packager and, for the ladder, to a transcoding worker.
//
// The [Manager] is the ingest.Gate: one publisher a stream. A [Stream] outlives
// its publications: when a publisher goes away, viewers stay and wait, and the
// next publication continues the playlists after a discontinuity.
//
//	ingest goroutine ── Write ──▶ publication ──▶ packager.Stream ("source", "audio")
//	                                   │
//	                                   └──▶ transcode.Worker ──▶ packager.Stream ("720p", …)
package pipeline
