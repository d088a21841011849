package hls

import (
	"bytes"
	"time"
)

// attribute finds a value in an attribute list (RFC 8216bis §4.2), without its
// quotes. It is nil if there is none.
func attribute(list []byte, name string) []byte {
	for len(list) > 0 {
		equals := bytes.IndexByte(list, '=')
		if equals < 0 {
			return nil
		}
		key, rest := bytes.TrimLeft(list[:equals], " "), list[equals+1:]
		var value []byte
		if len(rest) > 0 && rest[0] == '"' {
			end := bytes.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil
			}
			value, rest = rest[1:1+end], rest[end+2:]
			if comma := bytes.IndexByte(rest, ','); comma >= 0 {
				rest = rest[comma+1:]
			} else {
				rest = nil
			}
		} else if before, after, ok := bytes.Cut(rest, []byte{','}); ok {
			value, rest = before, after
		} else {
			value, rest = rest, nil
		}
		if string(key) == name {
			return value
		}
		list = rest
	}
	return nil
}

// seconds reads a decimal number of seconds up to anything that isn't one. What is
// beyond reason becomes the bound.
func seconds(text []byte) time.Duration {
	d, unit, fraction := time.Duration(0), time.Second, false
	for _, c := range text {
		switch {
		case c == '.' && !fraction:
			fraction = true
		case c < '0' || c > '9':
			return d
		case fraction:
			unit /= 10
			d += time.Duration(c-'0') * unit
		default:
			d = d*10 + time.Duration(c-'0')*time.Second
		}
		if d > maxSeconds*time.Second {
			return maxSeconds * time.Second
		}
	}
	return d
}

// number reads digits up to anything else, and no further than maxNumber.
func number(text []byte) (n int64) {
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		if n = n*10 + int64(c-'0'); n > maxNumber {
			return maxNumber
		}
	}
	return n
}

// byteRange reads "length[@offset]"; without an offset the range begins where the
// last one ended.
func byteRange(text []byte, next int64) (offset, length int64) {
	size, start, explicit := bytes.Cut(text, []byte{'@'})
	if explicit {
		next = number(start)
	}
	return next, number(size)
}
