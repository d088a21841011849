// Package ingest takes in what publishers send. Its subpackages speak the
// protocols (rtmp, srt, rtsp, whip, hls, mpegts), and pull fetches streams by them; what they
// share is here:
//
//   - [Gate]: who may publish, and the [Sink] that takes an accepted publication;
//   - [Session]: one publication, from raw timestamps to repaired samples;
//   - [Timeline]: the repair of the source's clock.
//
// A protocol package owns its sockets and goroutines, opens a Sink through the
// Gate once the stream key is known, and feeds a Session from one goroutine.
// Keys end at the Gate: from there on only the StreamID is spoken of.
package ingest
