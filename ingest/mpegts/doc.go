// Package mpegts feeds an ingest session from an MPEG-2 transport stream
// (ISO/IEC 13818-1): H.264 or HEVC, with AAC or Opus. It speaks no transport of
// its own; SRT uses it.
package mpegts
