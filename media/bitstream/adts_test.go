package bitstream

import (
	"bytes"
	"errors"
	"testing"
)

// adtsFrame is AAC-LC with 48 kHz and two channels.
func adtsFrame(crc bool, payload string) []byte {
	b := []byte{0xff, 0xf1, 0x4c, 0x80, 0, 0x1f, 0xfc}
	if crc {
		b[1] = 0xf0
		b = append(b, 0xab, 0xcd)
	}
	b = append(b, payload...)
	b[3] |= byte(len(b) >> 11)
	b[4] = byte(len(b) >> 3)
	b[5] |= byte(len(b) << 5)
	return b
}

// adtsBlocks is a frame of two access units, with CRCs or without.
func adtsBlocks(crc bool, first, second string) []byte {
	if !crc {
		b := adtsFrame(false, first+second)
		b[6] |= 1
		return b
	}
	end := len(first) + 2
	b := adtsFrame(true, string([]byte{0, byte(end)})+first+"\xab\xcd"+second+"\xab\xcd")
	b[6] |= 1
	copy(b[7:], []byte{0, byte(end), 0xab, 0xcd}) // the position of the second comes before the CRC
	return b
}

func TestSplitADTS(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := []struct {
		name string
		b    []byte
		want []string
		err  error
	}{
		{"one frame", adtsFrame(false, "abc"), []string{"abc"}, nil},
		{"several, with CRC", join(adtsFrame(true, "abc"), adtsFrame(false, "de")), []string{"abc", "de"}, nil},
		{"two blocks", join(adtsBlocks(true, "abc", "de"), adtsFrame(false, "f")), []string{"abc", "de", "f"}, nil},
		{"two blocks without CRC", adtsBlocks(false, "abc", "de"), nil, ErrAccessUnit},
		{"cut short", adtsFrame(false, "abc")[:9], nil, ErrAccessUnit},
		{"empty", adtsFrame(false, ""), nil, ErrAccessUnit},
		{"something behind", join(adtsFrame(false, "abc"), []byte("abcdefgh")), nil, ErrAccessUnit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, units, err := SplitADTS(tt.b)
			if !errors.Is(err, tt.err) || len(units) != len(tt.want) {
				t.Fatalf("%q, %v", units, err)
			}
			for i, u := range units {
				if string(u) != tt.want[i] {
					t.Errorf("unit %d is %q", i, u)
				}
			}
			if err != nil {
				return
			}
			track, err := AACTrack(config)
			if err != nil || track.Timescale != 48000 || track.Channels != 2 {
				t.Errorf("%x: %+v, %v", config, track, err)
			}
		})
	}
	if IsADTS([]byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c, 0}) {
		t.Error("a raw access unit is taken for ADTS")
	}
}

func FuzzADTS(f *testing.F) {
	f.Add(adtsFrame(true, "abc"))
	f.Add(append(adtsFrame(false, "abc"), adtsFrame(false, "d")...))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if config, _, err := SplitADTS(b); err == nil && config != nil {
			_, _ = AACTrack(config)
		}
	})
}
