package config

import "fmt"

// unknown reports a key that nothing has.
func (l *Loaded) unknown(key, source string) error {
	if l.isGroup(key) {
		return fmt.Errorf("%s: %q is a group of keys; `lightstick config` lists them", source, key)
	}
	return fmt.Errorf("%s: unknown key %.80q%s", source, key, l.suggest(key))
}

// suggest finds the key that was probably meant.
func (l *Loaded) suggest(key string) string {
	best, distance := "", max(4, len(key)/2)
	for _, e := range l.entries {
		if d := editDistance(key, e.Key); d < distance {
			best, distance = e.Key, d
		}
	}
	if best == "" {
		return "; `lightstick config` lists all keys"
	}
	return fmt.Sprintf("; did you mean %q?", best)
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
