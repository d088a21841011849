package bitstream

import (
	"bytes"
	"errors"
	"testing"
)

func TestAnnexB(t *testing.T) {
	slice := bytes.Repeat([]byte{0x41}, 300)
	tests := []struct {
		name string
		body []byte
		want bool
	}{
		{"start codes of four bytes", []byte("\x00\x00\x00\x01\x67abc\x00\x00\x00\x01\x68d"), true},
		{"start codes of three bytes", []byte("\x00\x00\x01\x67abc\x00\x00\x01\x68d"), true},
		{"a zero too many is no start code", []byte("\x00\x00\x00\x00\x01\x67abc"), false},
		{"a length", []byte("\x00\x00\x00\x02\x67a"), false},
		{"a length that looks like a start code", append([]byte{0, 0, 1, 44}, slice...), false},
		{"a length that looks like one, of less", append([]byte{0, 0, 1, 45}, slice...), true},
		{"a unit of one byte", []byte("\x00\x00\x00\x01\x67\x00\x00\x00\x02\x41a"), false},
		{"nothing", nil, false},
		{"too little", []byte{0, 0}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := IsAnnexB(tt.body, 4); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestSplitAnnexB(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
		err        error
	}{
		{"usual", "\x00\x00\x00\x01ab\x00\x00\x01c\x00\x00\x00\x01de", []string{"ab", "c", "de"}, nil},
		{"zeros before and behind", "\x00\x00\x00\x00\x01ab\x00\x00\x00\x00\x00\x01c\x00\x00", []string{"ab", "c"}, nil},
		{"empty units", "\x00\x00\x01\x00\x00\x01\x00\x00\x01a\x00\x00\x01", []string{"a"}, nil},
		{"no start code", "abc", nil, ErrAccessUnit},
		{"something before it", "a\x00\x00\x01b", nil, ErrAccessUnit},
		{"too many", string(bytes.Repeat([]byte("\x00\x00\x01a"), maxNALUnits+1)), nil, ErrAccessUnit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := SplitAnnexB([]byte(tt.body))
			if !errors.Is(err, tt.err) || len(got) != len(tt.want) {
				t.Fatalf("got %q, %v", got, err)
			}
			for i := range got {
				if string(got[i]) != tt.want[i] {
					t.Errorf("unit %d is %q", i, got[i])
				}
			}
		})
	}
}

// What is split and joined again must be the same, whatever comes.
func FuzzAnnexB(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01ab\x00\x00\x01c\x00\x00\x00\x01de"), byte(4))
	f.Add([]byte("\x00\x00\x01\x2cab"), byte(4))
	f.Add([]byte("\x00\x01\x00\x02ab"), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, prefix byte) {
		IsAnnexB(b, int(prefix&3)+1)
		nalus, err := SplitAnnexB(b)
		if err != nil {
			return
		}
		var joined []byte
		for _, n := range nalus {
			joined = append(append(joined, startCode...), n...)
		}
		again, err := SplitAnnexB(append(joined, startCode...))
		if err != nil || len(again) != len(nalus) {
			t.Fatalf("%d units, then %d, %v", len(nalus), len(again), err)
		}
		for i := range nalus {
			if !bytes.Equal(again[i], nalus[i]) {
				t.Errorf("unit %d: %x, then %x", i, nalus[i], again[i])
			}
		}
	})
}
