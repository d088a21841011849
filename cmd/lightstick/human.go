package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// humanSize is a number of bytes with its unit, in two digits at least: 950 kB, 2.1 GB.
func humanSize(bytes int64) string {
	if bytes < 1000 {
		return strconv.FormatInt(bytes, 10) + " B"
	}
	value, unit := float64(bytes), 0
	for value >= 999.5 && unit < len("kMGTPE") {
		value /= 1000
		unit++
	}
	decimals := 0
	if value < 9.95 {
		decimals = 1
	}
	return strconv.FormatFloat(value, 'f', decimals, 64) + " " + "kMGTPE"[unit-1:unit] + "B"
}

// humanDuration is hours, minutes and seconds, as players show them: 1:02:03.
func humanDuration(d time.Duration) string {
	seconds := int64(d.Round(time.Second) / time.Second)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// humanTime is local time; "never" or the like stands for none.
func humanTime(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.Local().Format(time.DateTime)
}

// printable keeps what somebody else wrote from moving the cursor or breaking a table.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
