package setting

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

// errSize says what a size is.
var errSize = errors.New("a size such as 500MB, 10GB, 2GiB or a number of bytes")

// units from the largest to the smallest, so that String finds the shortest text.
var units = []struct {
	name  string
	bytes Size
}{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
	{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1},
}

// ParseSize reads a size: a number, which may have decimals where it has a unit, and
// B, KB, MB, GB or TB (powers of 1000) or KiB, MiB, GiB or TiB (of 1024), in either
// case.
func ParseSize(text string) (Size, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return Size(n), nil
	}
	for _, unit := range units {
		cut := len(text) - len(unit.name)
		if cut < 1 || !strings.EqualFold(text[cut:], unit.name) {
			continue
		}
		return times(strings.TrimRight(text[:cut], " "), unit.bytes)
	}
	return 0, errSize
}

// maxDigits bounds a number, which keeps the exact arithmetic small.
const maxDigits = 24

// times is the number in units, exactly: 0.1 GB is 100,000,000 bytes.
func times(number string, unit Size) (Size, error) {
	if number == "" || len(number) > maxDigits || strings.Trim(number, "0123456789.") != "" {
		return 0, errSize
	}
	value, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, errSize
	}
	value.Mul(value, new(big.Rat).SetInt64(int64(unit)))
	if !value.IsInt() || !value.Num().IsInt64() {
		return 0, errSize
	}
	return Size(value.Num().Int64()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) (err error) {
	if *s, err = ParseSize(string(text)); err != nil {
		return fmt.Errorf("%.40q is not %w", text, err)
	}
	return nil
}

// String writes the size in the largest unit that it is a whole number of.
func (s Size) String() string {
	for _, unit := range units {
		if s != 0 && s%unit.bytes == 0 && unit.bytes > 1 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
