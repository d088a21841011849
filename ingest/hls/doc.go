// Package hls fetches a live stream from an HLS server (RFC 8216), as a player does, and
// feeds an ingest session from it.
//
//	multivariant playlist ─▶ choose: the variant, and the rendition of its sound
//	media playlist ─▶ follower: reloads it (§6.3.4), fetches its segments in order
//	                    │ a queue of two segments
//	                    ▼
//	     MPEG-TS ─▶ segmentReader ─▶ mpegts.Demux ─┐
//	     fMP4    ─▶ fragments ─▶ merger: by time ──┴▶ ingest.Session ▸ ingest.Pacer
//
// Segments come in bursts, and are passed on in real time. One goroutine follows each
// playlist; the caller's feeds the session.
//
// A playlist may have 4 MiB and 20,000 segments, an initialization section 1 MiB, a segment
// 64 MiB.
package hls
