// Package hls writes HLS playlists (RFC 8216bis). It is pure: values in, bytes
// out. Durations are exact; decimal seconds appear only in the text.
package hls
