//go:build e2e

package e2e

import "testing"

// TestPageSaysThatItIsLeft holds that a closed or reloaded page reports CMCD's state q,
// so that it counts as a viewer no longer; see e2e/browser/leave.mjs.
func TestPageSaysThatItIsLeft(t *testing.T) {
	t.Parallel()
	drive(t, "browser/leave.mjs", film(t))
}
