package bitstream

import (
	"bytes"

	"github.com/globalfandom/lightstick/media"
)

// captionMark begins ATSC captions (ANSI/SCTE 128-1 §8.1, ATSC A/53 Part 4 §6.2.3)
// in registered user data of ITU-T T.35: the United States, provider ATSC, GA94, and
// type 3, which is cc_data.
var captionMark = []byte{0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03}

// seiRegisteredUserData is the payload type of ITU-T T.35 user data in an SEI message
// (ITU-T H.264 §D.1, H.265 §D.2.1).
const seiRegisteredUserData = 4

// seiCaptions finds captions in an SEI NAL unit, given without its header.
func seiCaptions(rbsp []byte) (found media.Captions) {
	// User data is rare and nothing in the mark needs emulation prevention but its zero,
	// which no zero precedes: look before copying.
	if !bytes.Contains(rbsp, captionMark) {
		return 0
	}
	b := Unescape(rbsp)
	for len(b) > 2 {
		kind, rest := seiNumber(b)
		size, body := seiNumber(rest)
		if size > len(body) {
			break
		}
		if kind == seiRegisteredUserData {
			found |= t35Captions(body[:size])
		}
		b = body[size:]
	}
	return found
}

// seiNumber reads a payload type or size: bytes of 255, and a last one.
func seiNumber(b []byte) (n int, rest []byte) {
	for len(b) > 0 {
		last := b[0]
		n, b = n+int(last), b[1:]
		if last != 0xff {
			break
		}
	}
	return n, b
}

// metadataCaptions finds captions in the payload of an AV1 metadata OBU (AV1 §5.8).
func metadataCaptions(b []byte) media.Captions {
	const metadataT35 = 4
	if kind, n := leb128(b); n > 0 && kind == metadataT35 {
		return t35Captions(b[n:])
	}
	return 0
}

// t35Captions reads cc_data (ANSI/CTA-708 §4.4): which channels and services hold
// anything but padding.
func t35Captions(b []byte) (found media.Captions) {
	const headed = 2 // flags with cc_count, em_data
	b, ok := bytes.CutPrefix(b, captionMark)
	if !ok || len(b) < headed || b[0]&0x40 == 0 { // process_cc_data_flag
		return 0
	}
	count := int(b[0] & 0x1f)
	for b = b[headed:]; count > 0 && len(b) >= 3; count-- {
		if b[0]&0x04 != 0 { // cc_valid
			found |= construct(b[0]&3, b[1], b[2])
		}
		b = b[3:]
	}
	return found
}

// construct is what one cc_data construct shows to be there.
func construct(kind, first, second byte) media.Captions {
	text := (first|second)&0x7f != 0 // the top bits are CEA-608's parity
	switch {
	case kind == 0 && text:
		return media.CC1
	case kind == 1 && text:
		return media.CC3
	case kind == 3 && second&0x1f > 0:
		// A packet begins: its header, then the first service block's, which is the
		// service's number in three bits and the size in five (ANSI/CTA-708 §6.2).
		return media.CaptionService(int(second >> 5))
	}
	return 0
}

// Unescape takes the emulation prevention bytes out of a NAL unit (ITU-T H.264
// §7.4.1).
func Unescape(b []byte) []byte {
	out := make([]byte, len(b))
	return out[:unescape(out, b)]
}

// unescape does so into plain as far as that goes, and returns how many bytes are there.
func unescape(plain, b []byte) int {
	n, zeros := 0, 0
	for _, c := range b {
		if n == len(plain) {
			break
		}
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		plain[n] = c
		n++
	}
	return n
}
