// Package mpegts feeds an ingest session from an MPEG-2 transport stream
// (ISO/IEC 13818-1): H.264 or HEVC, with AAC, Opus, AC-3, E-AC-3 or MP3, and the
// events beside them, SCTE-35 and ID3. It speaks no transport of its own; SRT uses it.
package mpegts
