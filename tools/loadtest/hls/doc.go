// Package hls plays HLS as many viewers at once and reports what they saw.
//
// Each virtual viewer behaves as a player does: it reads the multivariant
// playlist, takes a video variant and its audio rendition, and for each of the two
// runs a loader with its own keep-alive connection, as a browser would. In
// low-latency mode a loader asks for the playlist that holds the next part (a
// blocking reload, RFC 8216bis §6.2.5.2) and fetches each part once it is listed;
// in plain mode it polls as §6.3.4 says and fetches whole segments. Any HLS server
// will do: redirects, cookies and the queries of URIs are followed as given.
//
// [Run] measures
//   - time to the first media playlist and to the first part, from a viewer's start;
//   - spread: how long after the first viewer each other one had the same part;
//   - latency: how old a part's end is, by EXT-X-PROGRAM-DATE-TIME, when it arrives.
//     Both machines' clocks must agree for it to mean anything;
//   - stalls of a model of the player's buffer, which starts with PART-HOLD-BACK
//     (HOLD-BACK in plain mode) and drains in real time;
//   - requests, bytes and errors by kind; of a server on this machine also CPU time
//     and memory.
//
// The tool shares the machine with the server when servers are compared, so it has
// to be cheap: for http:// it speaks HTTP/1.1 by itself, with buffers that are
// pooled while nothing arrives, playlists are scanned without allocating, and
// counters are atomics in a few shards, added up only to be shown. https:// goes
// through net/http (HTTP/2 where the server offers it), which costs more.
package hls
