// Package pull fetches streams from where somebody else serves them, always: from RTSP and
// RTSPS, SRT, RTMP and RTMPS, HLS, and MPEG-TS over HTTP or UDP.
//
//	Set ▸ Puller, one a stream ▸ Address.client by scheme: rtsp.Client, hls.Client, …
//	                               │ Fetch(ctx, gate): connects, opens a publication, feeds it
//	      backoff ◀── error ───────┘
//
// A client makes one attempt. The Puller tries again, waiting longer each time, and knows
// how it stands: [ingest.Pull]. Options of an address that are for us and not for the peer
// stand behind its #, but for SRT and UDP, which send no query.
//
// The operator names the addresses: private ones are as good as others. They may hold
// passwords, and are never logged: peers are named by scheme, host and port.
package pull
