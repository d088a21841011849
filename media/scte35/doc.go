// Package scte35 reads the cues by which broadcasters mark programmes and breaks:
// splice_info_section of ANSI/SCTE 35 2023, as MPEG-TS carries it.
//
// It is pure: bytes in, values out. Of a section it understands what a player or an
// ad server needs to know before it reads the section itself: when, which event, out
// or in, for how long.
package scte35
