package setting

import (
	"math"
	"testing"
)

func TestSize(t *testing.T) {
	tests := []struct {
		text  string
		bytes Size
		shown string
	}{
		{"0", 0, "0"},
		{"0GB", 0, "0"},
		{"1500", 1500, "1500"},
		{"12B", 12, "12"},
		{"500MB", 500e6, "500MB"},
		{"10GB", 10e9, "10GB"},
		{"10 gb", 10e9, "10GB"},
		{"2GiB", 2 << 30, "2GiB"},
		{"1024MiB", 1 << 30, "1GiB"},
		{"0.1GB", 100e6, "100MB"},
		{"1.5KiB", 1536, "1536"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807"},
	}
	for _, tt := range tests {
		if got, err := ParseSize(tt.text); got != tt.bytes || err != nil || got.String() != tt.shown {
			t.Errorf("%q: %d shown as %q, %v; want %d shown as %q", tt.text, got, got, err, tt.bytes, tt.shown)
		}
	}
	for _, text := range []string{"", "GB", "B", "-1", "-1GB", "+1GB", "1e3MB", "0x10KB", "1/2GB", "1_0GB", "10G", "0.1B", "1.0001KB.",
		"many", "9223372036854775808", "9000000000TB", "1.2.3GB", "1000000000000000000000000000000GB", "1\u00a0GB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func FuzzSize(f *testing.F) {
	for _, text := range []string{"10GB", "2GiB", "1.5 TB", "1500", "0.1b", "9223372036854775807"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := ParseSize(text)
		if err != nil {
			return
		}
		if again, err := ParseSize(size.String()); size < 0 || again != size || err != nil {
			t.Errorf("%q is %d, whose text %q is %d, %v", text, int64(size), size, int64(again), err)
		}
	})
}
