package bitstream

import (
	"bytes"
	"fmt"
)

// startCode begins each NAL unit in the byte stream format (ITU-T H.264 and H.265 Annex
// B); zeros may come before it.
var startCode = []byte{0, 0, 1}

// IsAnnexB reports whether a picture that should have length prefixes of prefixSize bytes,
// 1 to 4, has start codes instead. The first bytes may mean both: 00 00 01 xx is also the
// length of a NAL unit of 256 to 511 bytes, and is taken for it if the lengths add up.
func IsAnnexB(body []byte, prefixSize int) bool {
	zeros := 0
	for zeros < len(body) && zeros < 3 && body[zeros] == 0 {
		zeros++
	}
	return zeros >= 2 && zeros < len(body) && body[zeros] == 1 && !lengthsAddUp(body, prefixSize)
}

// lengthsAddUp reports whether a picture can be split by its length prefixes. A NAL unit's
// first bit is always 0 (ITU-T H.264 §7.3.1, H.265 §7.3.1.2).
func lengthsAddUp(body []byte, prefixSize int) bool {
	for len(body) > 0 {
		if len(body) < prefixSize {
			return false
		}
		size := 0
		for _, b := range body[:prefixSize] {
			size = size<<8 | int(b)
		}
		body = body[prefixSize:]
		if size > len(body) || size > 0 && body[0]&0x80 != 0 {
			return false
		}
		body = body[size:]
	}
	return true
}

// SplitAnnexB splits the byte stream format into NAL units, which alias it.
func SplitAnnexB(body []byte) ([][]byte, error) {
	at := bytes.Index(body, startCode)
	if at < 0 || len(bytes.Trim(body[:at], "\x00")) > 0 {
		return nil, fmt.Errorf("%w: no start code", ErrAccessUnit)
	}
	nalus := AppendAnnexB(make([][]byte, 0, 4), body[at:], maxNALUnits+1)
	if len(nalus) > maxNALUnits {
		return nil, fmt.Errorf("%w: more than %d NAL units", ErrAccessUnit, maxNALUnits)
	}
	return nalus, nil
}

// AppendAnnexB appends the NAL units of the byte stream format to nalus, which alias it, until
// there are so many. What comes before the first start code is left out.
func AppendAnnexB(nalus [][]byte, body []byte, most int) [][]byte {
	for at := bytes.Index(body, startCode); at >= 0 && len(nalus) < most; {
		body = body[at+len(startCode):]
		nalu := body
		if at = bytes.Index(body, startCode); at >= 0 {
			nalu = body[:at]
		}
		// Zeros before a start code and at the end are not the unit's: it ends with a 1 bit.
		if nalu = bytes.TrimRight(nalu, "\x00"); len(nalu) > 0 {
			nalus = append(nalus, nalu)
		}
	}
	return nalus
}
