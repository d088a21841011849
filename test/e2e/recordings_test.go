//go:build e2e

package e2e

import (
	"context"
	"os/exec"
	"testing"
)

// TestWatchPage drives the watch page through recordings, clips and rewinding,
// against a stand-in for the server that fails when it is told to; see
// e2e/browser/recordings.mjs.
func TestWatchPage(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), driverLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", "browser/recordings.mjs", film(t)).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
