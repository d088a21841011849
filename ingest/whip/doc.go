// Package whip takes in publishers by WebRTC: the WebRTC-HTTP ingestion protocol (WHIP,
// RFC 9725) that OBS, browsers and GStreamer speak.
//
// A [Server] answers the HTTP requests of the protocol ([Server.Register]) and owns one port
// for media, UDP and TCP (RFC 6544). A publisher's offer becomes a session: a peer connection
// of pion/webrtc, whose packets one goroutine puts in order (reorder), gathers to pictures
// (videoTrack) and sound (audioTrack), brings onto one clock by the sender reports (clock),
// and gives to an ingest.Session.
//
// The server is an ICE lite agent (RFC 8445 §2.5): it answers connectivity checks and sends
// none, so that nobody can make it send packets to an address of their choice.
package whip
