// Package cdnlog reads the access logs of CDNs and edges, to count what they
// delivered: CloudFront's standard logs (tab-separated or JSON), Fastly's and our own
// edges' JSON lines.
//
// [Import] takes one log as a stream, plain or gzip, in bounded memory: only sums are
// kept. A line that can't be read is counted and skipped. Nothing counts twice: a
// [ImportLedger] knows the length and SHA-256 of each log that was read, and a log that begins
// with one of them is counted from there on; so a log that has grown may be sent again
// as a whole.
//
// Addresses in logs may hold playback tokens, as /t/TOKEN/live/… or in the query. Of an
// address only the stream's name is kept, and reasons for refusing a line quote nothing
// of it.
package cdnlog
