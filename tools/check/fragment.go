package check

import (
	"errors"
	"fmt"
)

// fragment is one moof with its mdat.
type fragment struct {
	Start, End int // in the bytes it was read from: with what stands before moof
	Sequence   uint32
	MdatSize   int // of its body
	Tracks     []trackFragment
	Reference  *referenceTime // prft; nil: none
}

// trackFragment sums up a traf.
type trackFragment struct {
	TrackID     uint32
	BaseTime    uint64 // tfdt
	HasBaseTime bool
	Relative    bool // default-base-is-moof, and no base data offset
	Samples     int
	Unseen      int    // samples that last a tick: they are there for those that refer to them
	Duration    uint64 // of all samples
	FirstOffset int64  // composition offset of the first sample
	FirstLength uint32 // duration of the first sample
	Bytes       uint64
	FirstSync   bool // the first sample is a sync sample
	AnySync     bool
}

// referenceTime is a producer reference time (ISO/IEC 14496-12 §8.16.5).
type referenceTime struct {
	TrackID   uint32
	NTP       uint64
	MediaTime uint64
}

// maxSamples of a run are read: ten minutes of audio frames are 30,000. It bounds
// the work that a few bytes can ask for.
const maxSamples = 100_000

// Errors that mean more than broken boxes.
var (
	errNoFragments = errors.New("no moof and mdat")
	errOrder       = errors.New("boxes out of order")
)

// parseFragments reads the fragments of a part or a segment. init gives defaults.
func parseFragments(b []byte, init *initSection) ([]fragment, error) {
	boxes, err := readBoxes(b)
	if err != nil {
		return nil, err
	}
	var out []fragment
	var open *fragment
	begin := 0
	var reference *referenceTime
	for _, c := range boxes {
		switch c.kind {
		case "moof":
			if open != nil {
				return out, fmt.Errorf("%w: moof after moof", errOrder)
			}
			f, err := parseMoof(c.body, init)
			if err != nil {
				return out, err
			}
			f.Start, f.Reference = begin, reference
			open, reference = &f, nil
		case "mdat":
			if open == nil {
				return out, fmt.Errorf("%w: mdat without moof", errOrder)
			}
			open.End, open.MdatSize = c.start+c.size, len(c.body)
			out = append(out, *open)
			open, begin = nil, c.start+c.size
		case "prft":
			reference = parsePrft(c.body)
		default:
			if open != nil && c.kind != "free" && c.kind != "skip" {
				return out, fmt.Errorf("%w: %s between moof and mdat", errOrder, quote(c.kind))
			}
		}
	}
	if open != nil || len(out) == 0 {
		return out, errNoFragments
	}
	return out, nil
}

func parseMoof(b []byte, init *initSection) (f fragment, err error) {
	boxes, err := readBoxes(b)
	if err != nil {
		return f, fmt.Errorf("moof: %w", err)
	}
	for _, c := range boxes {
		switch c.kind {
		case "mfhd":
			r := reader{b: c.body}
			r.full()
			f.Sequence = r.u32()
		case "traf":
			if len(f.Tracks) == maxTracks {
				return f, errors.New("moof: too many tracks")
			}
			t, err := parseTraf(c.body, init)
			if err != nil {
				return f, fmt.Errorf("moof: %w", err)
			}
			f.Tracks = append(f.Tracks, t)
		}
	}
	return f, nil
}

func parsePrft(b []byte) *referenceTime {
	r := reader{b: b}
	version, _ := r.full()
	t := &referenceTime{TrackID: r.u32(), NTP: r.u64(), MediaTime: r.long(version)}
	if r.short {
		return nil
	}
	return t
}
