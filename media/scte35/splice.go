package scte35

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// ErrSection reports bytes that are no valid splice_info_section.
var ErrSection = errors.New("scte35: not a splice_info_section")

// ErrEncrypted reports a section that only the receiver it was made for can read.
var ErrEncrypted = errors.New("scte35: section is encrypted")

// Command is splice_command_type (§9.6.1).
type Command uint8

// The commands that say when something happens, and the one that is a heartbeat.
const (
	SpliceNull     Command = 0x00
	SpliceSchedule Command = 0x04
	SpliceInsert   Command = 0x05
	TimeSignal     Command = 0x06
)

func (c Command) String() string {
	switch c {
	case SpliceNull:
		return "splice_null"
	case SpliceSchedule:
		return "splice_schedule"
	case SpliceInsert:
		return "splice_insert"
	case TimeSignal:
		return "time_signal"
	}
	return fmt.Sprintf("command_%#02x", uint8(c))
}

// Splice is what a section says.
type Splice struct {
	Command Command
	// PTS is when, in ticks of 90 kHz modulo 2^33, with pts_adjustment added. It counts
	// only if Timed; else the splice is now.
	PTS   int64
	Timed bool
	// Of splice_insert.
	EventID      uint32
	Cancel       bool // the event with that ID is off
	OutOfNetwork bool // a break begins; else it ends
	Duration     time.Duration
	// Segments are the segmentation descriptors, which give a time_signal its meaning.
	Segments []Segment
}

// Segment is a segmentation_descriptor (§10.3.3).
type Segment struct {
	EventID  uint32
	Cancel   bool
	TypeID   uint8 // segmentation_type_id
	Duration time.Duration
}

// Direction says whether the programme is left or returned to.
type Direction uint8

// The directions.
const (
	Neither Direction = iota
	Out
	In
)

// Direction is Out for a segment that starts something, In for one that ends it
// (§10.3.3.1, Table 23).
func (s Segment) Direction() Direction {
	switch id := s.TypeID; {
	case s.Cancel:
		return Neither
	case id == 0x10, id == 0x13, id == 0x17: // programme start, breakaway, overlap start
		return Out
	case id == 0x11, id == 0x12, id == 0x14: // programme end, early termination, resumption
		return In
	case id < 0x20 || id > 0x51:
		return Neither
	case id%2 == 0: // chapters, breaks, advertisements, placement opportunities, …
		return Out
	}
	return In
}

// Direction is that of splice_insert, else of the first segment that has one.
func (s Splice) Direction() Direction {
	if s.Command == SpliceInsert {
		switch {
		case s.Cancel:
			return Neither
		case s.OutOfNetwork:
			return Out
		}
		return In
	}
	for _, segment := range s.Segments {
		if d := segment.Direction(); d != Neither {
			return d
		}
	}
	return Neither
}

// ticks converts a duration field.
func ticks(n uint64) time.Duration { return media.Ticks(n).Duration(media.VideoTimescale) }
