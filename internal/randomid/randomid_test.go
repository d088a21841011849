package randomid

import (
	"strings"
	"testing"
)

// IDs have the alphabet and the length that they are documented to have, use all of the
// alphabet, and do not repeat.
func TestAlphabets(t *testing.T) {
	tests := []struct {
		name     string
		id       func(int) string
		alphabet string
		n        int
	}{
		{"hex", Hex, "0123456789abcdef", 16},
		{"base32", Base32, "abcdefghijklmnopqrstuvwxyz234567", 26},
		{"readable", Readable, "abcdefghijkmnpqrstuvwxyz23456789", 28},
		{"base64url", Base64URL, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 12},
		{"new", func(int) string { return New() }, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := make(map[string]bool)
			used := make(map[rune]bool)
			for range 1000 { // 12,000 characters: each of 64 is missing with a chance of 1 in 10^80
				id := tt.id(tt.n)
				if len(id) != tt.n || seen[id] {
					t.Fatalf("%q", id)
				}
				seen[id] = true
				for _, r := range id {
					if used[r] = true; !strings.ContainsRune(tt.alphabet, r) {
						t.Fatalf("%q has %q", id, r)
					}
				}
			}
			if len(used) != len(tt.alphabet) {
				t.Errorf("%d of %d characters are used", len(used), len(tt.alphabet))
			}
		})
	}
}
