// Package rtpvideo puts pictures of H.264 and HEVC together from RTP packets (RFC 6184, RFC 7798),
// for the protocols that have such packets: RTSP and WebRTC.
//
// A [Depacketizer] takes the packets of one track in the order of their sequence numbers, and gives
// pictures in the form in which an ingest.Session takes and keeps them.
package rtpvideo
