//go:build e2e && (obs || screenshots)

package e2e

import (
	"path/filepath"
	"testing"
)

// absolute is a file's path for programs that run elsewhere.
func absolute(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
