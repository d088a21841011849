package mpegts

import (
	"bytes"

	"github.com/globalfandom/lightstick/media"
)

// maxUnits bounds the NAL units of a PES packet: several pictures, each in many slices.
const maxUnits = 4096

// nalClass is what a NAL unit means for where access units begin.
type nalClass uint8

const (
	nalOther   nalClass = iota
	nalBefore           // comes before the picture that it belongs to
	nalDelim            // access unit delimiter
	nalFirst            // the first slice of a picture
	nalSlice            // another slice
	nalKey     = 0x10   // added to slices of key frames
	nalSet     = 0x20   // added to sequence parameter sets
	nalClasses = 0x0f
)

// classify tells what a NAL unit is, by its header and the first bit of a slice: of
// first_mb_in_slice (ITU-T H.264 §7.3.3), or first_slice_segment_in_pic_flag (H.265
// §7.3.6.1).
func classify(codec media.Codec, unit []byte) nalClass {
	if codec == media.HEVC {
		return classifyHEVC(unit)
	}
	const (
		slice, partition, idr, sei, sps, delimiter = 1, 2, 5, 6, 7, 9
		lastReserved, extension                    = 18, 20
	)
	switch kind := unit[0] & 0x1f; {
	case kind == slice || kind == partition:
		return sliceClass(unit, 1)
	case kind == idr:
		return sliceClass(unit, 1) | nalKey
	case kind == sps:
		return nalBefore | nalSet
	case kind == delimiter:
		return nalDelim
	case kind >= sei && kind < delimiter, kind >= 14 && kind <= lastReserved:
		return nalBefore
	}
	return nalOther
}

func classifyHEVC(unit []byte) nalClass {
	const (
		lastSlice, firstKey, lastKey   = 31, 16, 21
		vps, sps, delimiter, prefixSEI = 32, 33, 35, 39
		reserved, lastReserved         = 41, 44
		unspecified, lastUnspecified   = 48, 55
	)
	switch kind := unit[0] >> 1 & 0x3f; {
	case kind >= firstKey && kind <= lastKey:
		return sliceClass(unit, 2) | nalKey
	case kind <= lastSlice:
		return sliceClass(unit, 2)
	case kind == sps:
		return nalBefore | nalSet
	case kind == delimiter:
		return nalDelim
	case kind >= vps && kind < delimiter, kind == prefixSEI, kind >= reserved && kind <= lastReserved,
		kind >= unspecified && kind <= lastUnspecified:
		return nalBefore
	}
	return nalOther
}

func sliceClass(unit []byte, header int) nalClass {
	if len(unit) > header && unit[header]&0x80 != 0 {
		return nalFirst
	}
	return nalSlice
}

// cutAccessUnit finds the end of the first access unit (ITU-T H.264 §7.4.1.2.3, H.265
// §7.4.2.4.4). What comes before a picture begins a new access unit only if the first slice
// of one follows: some encoders write messages between slices.
func cutAccessUnit(codec media.Codec, units [][]byte) int {
	coded, candidate := false, 0
	for i, unit := range units {
		switch classify(codec, unit) & nalClasses {
		case nalDelim:
			if coded {
				return i
			}
		case nalBefore:
			if coded && candidate == 0 {
				candidate = i
			}
		case nalFirst:
			switch {
			case coded && candidate > 0:
				return candidate
			case coded:
				return i
			}
			coded = true
		case nalSlice:
			coded, candidate = true, 0
		}
	}
	return len(units)
}

// beginsAccessUnit reports whether the data of a PES packet begins an access unit, rather
// than going on with the one before.
func beginsAccessUnit(codec media.Codec, b []byte) bool {
	trimmed := bytes.TrimLeft(b[:min(len(b), 8)], "\x00")
	if len(trimmed) < 1 || trimmed[0] != 1 || len(b)-len(trimmed) < 2 {
		return false
	}
	unit := b[len(b[:min(len(b), 8)])-len(trimmed)+1:]
	if len(unit) < 3 {
		return false
	}
	class := classify(codec, unit) & nalClasses
	return class == nalDelim || class == nalBefore || class == nalFirst
}
