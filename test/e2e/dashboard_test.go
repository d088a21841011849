//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDashboard drives the operator's page against a stand-in for the API (see
// e2e/browser/dashboard.mjs), and opens it at a real server.
func TestDashboard(t *testing.T) {
	t.Parallel()
	s := start(t, "api.token="+apiToken, "steering.pathways=edge-a=https://a.example.com edge-b=https://b.example.com")
	address := "http://" + s.http + "/dashboard"
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	policy := response.Header.Get("Content-Security-Policy")
	if response.StatusCode != http.StatusOK || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%s with the policy %q", response.Status, policy)
	}

	ctx, cancel := context.WithTimeout(t.Context(), driverLimit)
	defer cancel()
	browser := exec.CommandContext(ctx, "node", "browser/dashboard.mjs")
	browser.Env = append(os.Environ(), "DASHBOARD_URL="+address, "DASHBOARD_TOKEN="+apiToken)
	out, err := browser.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
