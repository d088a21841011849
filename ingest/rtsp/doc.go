// Package rtsp takes in cameras and hardware encoders by RTSP (RFC 2326), both
// ways round: a server for those that publish (ANNOUNCE and RECORD, over TCP or
// UDP) and a client that pulls from configured rtsp:// addresses.
//
// RTP timestamps of a session's media are brought onto one clock; decode times, which RTP
// doesn't carry, are worked out by the ingest.Session.
package rtsp
