package testcard

import "time"

// Stamp is a time as blocks: StampBits blocks in a row along the picture's lower
// edge, white for 1, the highest bit first. It counts milliseconds of Unix time in
// the lower bits; the last ParityBits are the number of white blocks among the
// others, so that a blurred reading is noticed.
type Stamp uint64

// The layout of a stamp. The row is as wide as the picture; its height is one
// StampRows-th of the picture's.
const (
	TimeBits   = 32
	ParityBits = 6
	StampBits  = TimeBits + ParityBits
	StampRows  = 20
)

// NewStamp makes the stamp of an instant.
func NewStamp(t time.Time) Stamp {
	ms := uint64(t.UnixMilli()) & (1<<TimeBits - 1)
	ones := uint64(0)
	for b := ms; b > 0; b >>= 1 {
		ones += b & 1
	}
	return Stamp(ms<<ParityBits | ones)
}

// Bit reports whether block i, from the left, is white.
func (s Stamp) Bit(i int) bool { return s>>(StampBits-1-i)&1 == 1 }
