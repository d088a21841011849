package rtpvideo

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/media"
)

// piece is a packet: the number that it adds to the sequence, its time, and whether it is marked.
type piece struct {
	step   uint16
	at     uint32
	marked bool
	data   string
}

func (p piece) packet(sequence uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: p.at, Marker: p.marked},
		Payload: []byte(p.data),
	}
}

// unitsOf splits a picture; false: the lengths don't add up.
func unitsOf(body []byte) (units []string, ok bool) {
	const lengthSize = 4
	for len(body) > 0 {
		if len(body) < lengthSize || int(binary.BigEndian.Uint32(body)) > len(body)-lengthSize {
			return units, false
		}
		end := lengthSize + int(binary.BigEndian.Uint32(body))
		units, body = append(units, string(body[lengthSize:end])), body[end:]
	}
	return units, true
}

func TestDepacketizer(t *testing.T) {
	tests := []struct {
		name   string
		codec  media.Codec
		pieces []piece
		want   []string // pictures, with spaces between their units
	}{
		{"units alone", media.H264, []piece{{1, 0, false, "\x06a"}, {1, 0, true, "\x41b"}, {1, 9, true, "\x41c"}}, []string{"\x06a \x41b", "\x41c"}},
		{"STAP-A", media.H264, []piece{{1, 0, true, "\x78\x00\x02\x06a\x00\x03\x41bc"}}, []string{"\x06a \x41bc"}},
		{"STAP-A with padding", media.H264, []piece{{1, 0, true, "\x78\x00\x02\x06a\x00\x00\x00"}}, []string{"\x06a"}},
		{"STAP-A of which the end is missing", media.H264, []piece{{1, 0, true, "\x78\x00\x02\x06a\x00\x03\x41b"}, {1, 9, true, "\x41c"}}, []string{"\x41c"}},
		{"STAP-A with a unit of no size", media.H264, []piece{{1, 0, true, "\x78\x00\x00\x00\x02\x06a"}}, nil},
		{"FU-A", media.H264, []piece{{1, 0, false, "\x7c\x85ab"}, {1, 0, false, "\x7c\x05cd"}, {1, 0, true, "\x7c\x45ef"}}, []string{"\x65abcdef"}},
		{"FU-A of one fragment", media.H264, []piece{{1, 0, true, "\x7c\xc5ab"}}, []string{"\x65ab"}},
		{"a fragment is lost", media.H264, []piece{
			{1, 0, false, "\x06a"}, {1, 0, false, "\x7c\x85ab"}, {2, 0, true, "\x7c\x45ef"}, {1, 9, true, "\x41c"},
		}, []string{"\x06a", "\x41c"}},
		{"the first fragment is lost", media.H264, []piece{{1, 0, false, "\x7c\x05cd"}, {1, 0, true, "\x7c\x45ef"}, {1, 9, true, "\x41c"}}, []string{"\x41c"}},
		{"the last fragment is lost", media.H264, []piece{{1, 0, false, "\x7c\x85ab"}, {2, 9, true, "\x41c"}}, []string{"\x41c"}},
		{"another unit begins before the last fragment", media.H264, []piece{{1, 0, false, "\x7c\x85ab"}, {1, 0, true, "\x7c\xc1cd"}}, []string{"\x61cd"}},
		{"a mark inside a unit", media.H264, []piece{{1, 0, true, "\x7c\x85ab"}, {1, 0, true, "\x7c\x45ef"}}, []string{"\x65abef"}},
		{"no marks", media.H264, []piece{{1, 0, false, "\x06a"}, {1, 0, false, "\x41b"}, {1, 9, false, "\x41c"}, {1, 18, false, "\x41d"}}, []string{"\x06a \x41b", "\x41c"}},
		{"units with start codes in one", media.H264, []piece{{1, 0, true, "\x00\x00\x00\x01\x67a\x00\x00\x01\x68b\x00\x00\x00\x01\x65c"}}, []string{"\x67a \x68b \x65c"}},
		{"start codes in fragments", media.H264, []piece{{1, 0, false, "\x1c\x80\x00\x00\x01\x67a\x00"}, {1, 0, true, "\x1c\x40\x00\x01\x65b"}}, []string{"\x67a \x65b"}},
		{"units that are not in their order", media.H264, []piece{{1, 0, true, "\x59\x00\x01\x00\x02\x41b"}, {1, 9, true, "\x41c"}}, []string{"\x41c"}},
		{"nothing", media.H264, []piece{{1, 0, true, ""}, {1, 0, true, "\x7c"}, {1, 9, true, "\x41c"}}, []string{"\x41c"}},
		{"too large", media.H264, []piece{
			{1, 0, false, "\x7c\x81" + strings.Repeat("U", maxPicture)}, {1, 0, false, "\x7c\x01a"}, {1, 0, true, "\x7c\x41a"}, {1, 9, true, "\x41c"},
		}, []string{"\x41c"}},
		{"units of HEVC", media.HEVC, []piece{{1, 0, false, "\x4e\x01a"}, {1, 0, true, "\x02\x01b"}}, []string{"\x4e\x01a \x02\x01b"}},
		{"AP", media.HEVC, []piece{{1, 0, true, "\x60\x01\x00\x03\x4e\x01a\x00\x04\x02\x01bc"}}, []string{"\x4e\x01a \x02\x01bc"}},
		{"FU", media.HEVC, []piece{{1, 0, false, "\x62\x01\x93ab"}, {1, 0, false, "\x62\x01\x13cd"}, {1, 0, true, "\x62\x01\x53ef"}}, []string{"\x26\x01abcdef"}},
		{"PACI", media.HEVC, []piece{{1, 0, true, "\x64\x01abcd"}, {1, 9, true, "\x02\x01c"}}, []string{"\x02\x01c"}},
		{"HEVC without marks", media.HEVC, []piece{{1, 0, false, "\x02\x01a"}, {1, 9, false, "\x02\x01b"}}, []string{"\x02\x01a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Depacketizer{Codec: tt.codec}
			var got []string
			sequence := uint16(65534)
			for _, p := range tt.pieces {
				sequence += p.step
				for _, picture := range d.Add(p.packet(sequence), int64(p.at)) {
					units, ok := unitsOf(picture.Body)
					if !ok {
						t.Errorf("lengths of %x", picture.Body)
					}
					got = append(got, strings.Join(units, " "))
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever comes, pictures have lengths that add up and stay as they are, and no more memory is
// held than what came takes.
func FuzzDepacketizer(f *testing.F) {
	add := func(hevc bool, payloads ...string) {
		var b []byte
		for _, p := range payloads {
			b = append(append(b, 1, byte(len(p))), p...)
		}
		f.Add(hevc, b)
	}
	add(false, "\x06a", "\x7c\x85ab", "\x7c\x05cd", "\x7c\x45ef", "\x78\x00\x02\x06a\x00\x03\x41bc")
	add(false, "\x1c\x80\x00\x00\x01\x67a\x00", "\x1c\x40\x00\x01\x65b")
	add(true, "\x60\x01\x00\x03\x4e\x01a\x00\x04\x02\x01bc", "\x62\x01\x93ab", "\x62\x01\x53ef")
	f.Fuzz(func(t *testing.T, hevc bool, b []byte) {
		d := Depacketizer{Codec: media.H264}
		if hevc {
			d.Codec = media.HEVC
		}
		var bodies, copies [][]byte
		var p piece
		sequence, came := uint16(0), len(b)
		for len(b) >= 2 {
			// The first bit marks, the next two step the time, the rest the sequence.
			n := min(int(b[1]), len(b)-2)
			p = piece{marked: b[0]&0x80 != 0, at: p.at + uint32(b[0]>>5&3), data: string(b[2 : 2+n])}
			sequence += uint16(b[0] & 0x1f)
			b = b[2+n:]
			for _, picture := range d.Add(p.packet(sequence), int64(p.at)) {
				bodies, copies = append(bodies, picture.Body), append(copies, bytes.Clone(picture.Body))
			}
		}
		for i, body := range bodies {
			if _, ok := unitsOf(body); !ok || !bytes.Equal(body, copies[i]) {
				t.Errorf("picture %d is %x, and was %x", i, body, copies[i])
			}
		}
		if held := d.buffer.Held(); held > 8<<10+16*came {
			t.Errorf("%d bytes are held of %d", held, came)
		}
	})
}
