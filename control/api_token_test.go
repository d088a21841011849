package control

import (
	"errors"
	"testing"
)

// A token can be replaced while the server runs, but not given up for the one of the
// first start, which is made then.
func TestReplacedAPIToken(t *testing.T) {
	const old, next = "the-old-token-of-16", "the-next-token-of-16"
	token := NewAPIToken(old)
	for _, tt := range []struct {
		value string
		err   error
		want  string
	}{{next, nil, next}, {"", ErrTokenNeedsRestart, next}, {old, nil, old}} {
		if err := token.Replace(tt.value); !errors.Is(err, tt.err) || token.Get() != tt.want {
			t.Errorf("%d characters: %v; the right one holds: %v", len(tt.value), err, token.Get() == tt.want)
		}
	}
	if err := NewAPIToken("").Replace(""); err != nil {
		t.Errorf("none before and after: %v", err)
	}
}
