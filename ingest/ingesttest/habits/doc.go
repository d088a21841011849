// Package habits makes good streams and changes one habit of them at a time, as encoders
// do: where parameter sets stand, how tables and chunks are written, what comes late. The
// tests of each protocol run them through the protocol's own reader and a [Studio], which
// has the pipeline and the packager behind it, and look at what is on air.
//
// A [Film] is what is sent: coded pictures and sound. [TS], [RTMP] and [RTP] say how; their
// zero values are the good stream. To add a habit, add a row to the table of its protocol
// (habits_test.go in ingest/mpegts, ingest/rtmp, ingest/rtsp and ingest/whip), and a field here if no
// field has it yet.
package habits
