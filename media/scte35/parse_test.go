package scte35

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

func decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Samples of ANSI/SCTE 35 2023 §14: what every implementation is checked with.
const (
	placementStart = "/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg=="
	spliceInsert   = "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="
	placementEnd   = "/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g="
	programEnds    = "/DBIAAAAAAAA///wBQb+ek2ItgAyAhdDVUVJSAAAGH+fCAgAAAAALMvDRBEAAAIXQ1VFSUgAABl/nwgIAAAAACyk26AQAACZcuND"
)

func TestSamplesOfTheStandard(t *testing.T) {
	tests := []struct {
		name, section string
		want          Splice
		direction     Direction
	}{
		{"placement opportunity starts", placementStart, Splice{
			Command: TimeSignal, PTS: 0x072bd0050, Timed: true,
			Segments: []Segment{{EventID: 0x4800008e, TypeID: 0x34, Duration: 307 * time.Second}},
		}, Out},
		{"splice insert", spliceInsert, Splice{
			Command: SpliceInsert, EventID: 0x4800008f, OutOfNetwork: true, PTS: 0x07369c02e, Timed: true, Duration: ticks(0x52ccf5),
		}, Out},
		{"placement opportunity ends", placementEnd, Splice{
			Command: TimeSignal, PTS: 0x0746290a0, Timed: true, Segments: []Segment{{EventID: 0x4800008e, TypeID: 0x35}},
		}, In},
		{"programme ends, another starts", programEnds, Splice{
			Command: TimeSignal, PTS: 0x07a4d88b6, Timed: true,
			Segments: []Segment{{EventID: 0x48000018, TypeID: 0x11}, {EventID: 0x48000019, TypeID: 0x10}},
		}, In},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(decode(t, tt.section))
			if err != nil || got.Direction() != tt.direction {
				t.Fatalf("%v, %v", got.Direction(), err)
			}
			for i, s := range got.Segments { // to the millisecond
				got.Segments[i].Duration = s.Duration.Round(time.Second)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// section wraps a command, with pts_adjustment 1, and descriptors.
func section(command Command, length int, body, descriptors []byte) []byte {
	b := []byte{tableID, 0x30, 0, 0, 0, 0, 0, 0, 1, 0, 0xff, 0xf0 | byte(length>>8), byte(length), byte(command)}
	b = append(b, body...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(descriptors)))
	b = append(b, descriptors...)
	binary.BigEndian.PutUint16(b[1:], 0x3000|uint16(len(b)+4-headerSize))
	return binary.BigEndian.AppendUint32(b, CRC32(b))
}

func TestCommands(t *testing.T) {
	lastTick := []byte{0xff, 0xff, 0xff, 0xff, 0xff} // splice_time 2^33-1
	id := []byte{0, 0, 0, 7}
	tail := []byte{0, 1, 0, 0}
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	tests := []struct {
		name    string
		command Command
		length  int // 0: the body's
		body    []byte
		want    Splice
	}{
		{"null", SpliceNull, 0, nil, Splice{}},
		{"adjustment wraps the time", TimeSignal, 0, lastTick, Splice{Command: TimeSignal, Timed: true}},
		{"time signal without a time", TimeSignal, 0, []byte{0x7f}, Splice{Command: TimeSignal}},
		{"length unknown", TimeSignal, unknownLength, lastTick, Splice{Command: TimeSignal, Timed: true}},
		{"immediate return", SpliceInsert, 0, join(id, []byte{0x7f, 0x5f}, tail), Splice{Command: SpliceInsert, EventID: 7}},
		{"cancelled", SpliceInsert, 0, join(id, []byte{0xff}), Splice{Command: SpliceInsert, EventID: 7, Cancel: true}},
		{"out for ten seconds", SpliceInsert, 0, join(id, []byte{0x7f, 0xff}, []byte{0xfe, 0, 0x0d, 0xbb, 0xa0}, tail),
			Splice{Command: SpliceInsert, EventID: 7, OutOfNetwork: true, Duration: 10 * time.Second}},
		{"by components", SpliceInsert, 0, join(id, []byte{0x7f, 0x8f, 2, 1}, lastTick, []byte{2, 0x7f}, tail),
			Splice{Command: SpliceInsert, EventID: 7, OutOfNetwork: true, Timed: true}},
		{"schedule", SpliceSchedule, 0, []byte{0}, Splice{Command: SpliceSchedule}},
		{"private", 0xff, 0, []byte("CUEIxyz"), Splice{Command: 0xff}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			length := tt.length
			if length == 0 {
				length = len(tt.body)
			}
			got, err := Parse(section(tt.command, length, tt.body, nil))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestBadSections(t *testing.T) {
	good := decode(t, spliceInsert)
	for n := range good {
		if _, err := Parse(good[:n]); !errors.Is(err, ErrSection) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
		damaged := append([]byte{}, good...)
		damaged[n] ^= 0x10
		if _, err := Parse(damaged); !errors.Is(err, ErrSection) {
			t.Errorf("byte %d damaged: %v", n, err)
		}
	}
	encrypted := append([]byte{}, good[:len(good)-4]...)
	encrypted[4] |= 0x80
	encrypted = binary.BigEndian.AppendUint32(encrypted, CRC32(encrypted))
	if _, err := Parse(encrypted); !errors.Is(err, ErrEncrypted) {
		t.Error(err)
	}
	if _, err := Parse(section(SpliceInsert, 3, []byte{0, 0, 0}, nil)); !errors.Is(err, ErrSection) {
		t.Errorf("a command of three bytes: %v", err)
	}
}

func TestDirections(t *testing.T) {
	for id, want := range map[uint8]Direction{
		0x00: Neither, 0x10: Out, 0x11: In, 0x12: In, 0x20: Out, 0x21: In, 0x22: Out, 0x23: In,
		0x30: Out, 0x31: In, 0x36: Out, 0x37: In, 0x51: In, 0x60: Neither,
	} {
		if got := (Segment{TypeID: id}).Direction(); got != want {
			t.Errorf("%#02x: %d, want %d", id, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{placementStart, spliceInsert, placementEnd, programEnds} {
		f.Add(decode(f, s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = Parse(b)
		// Past the checksum, which chance doesn't find.
		if len(b) > minSize {
			body := append([]byte{}, b[:len(b)-4]...)
			if s, err := Parse(binary.BigEndian.AppendUint32(body, CRC32(body))); err == nil {
				s.Direction()
			}
		}
	})
}

func ExampleParse() {
	section, _ := base64.StdEncoding.DecodeString(spliceInsert)
	s, err := Parse(section)
	fmt.Println(s.Command, s.PTS, s.OutOfNetwork, s.Duration.Round(time.Millisecond), err)
	// Output: splice_insert 1936310318 true 1m0.294s <nil>
}
