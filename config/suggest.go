package config

import (
	"fmt"
	"strings"
)

// unknown reports a key that nothing has. It shows keys as the source writes them.
func (l *Loaded) unknown(key, source string, written func(key string) string) error {
	if l.isGroup(key) {
		return fmt.Errorf("%s: %q is a group of keys; `lightstick config` lists them", source, written(key))
	}
	hint := "`lightstick config` lists all keys"
	if nearest := l.nearest(key); nearest != "" {
		hint = fmt.Sprintf("did you mean %q?", written(nearest))
	}
	return fmt.Errorf("%s: unknown key %.80q; %s", source, written(key), hint)
}

func asIs(key string) string { return key }

// nearest finds the key that was probably meant; "": none is near.
func (l *Loaded) nearest(key string) (best string) {
	distance := max(4, len(key)/2)
	for _, e := range l.entries {
		// In the environment a dot is an underscore.
		if d := min(editDistance(key, e.Key), editDistance(key, strings.ReplaceAll(e.Key, ".", "_"))); d < distance {
			best, distance = e.Key, d
		}
	}
	return best
}

// editDistance is Levenshtein's, for keys of bounded length.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
