package httpcache

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table in the documentation")

// TestPolicyIsDocumented compares the table in docs/cdn.md with the one that is served.
func TestPolicyIsDocumented(t *testing.T) {
	const file, begin, end = "../../docs/cdn.md", "<!-- policy -->\n", "<!-- /policy -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	documented, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has no place for the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+Table()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if documented != Table() {
		t.Errorf("%s has another table; go test ./internal/httpcache -update", file)
	}
}

func TestSetHeader(t *testing.T) {
	tests := []struct {
		kind                         Kind
		cacheControl, targeted, vary string
	}{
		{Media, "public, max-age=31536000, immutable", "", ""},
		{TimedObjects, "public, max-age=3600, immutable, stale-if-error=0", "", "Accept-Encoding"},
		{Multivariant, "public, max-age=1, stale-if-error=0", "", "Accept-Encoding"},
		{LivePlaylist, "public, max-age=0, s-maxage=1, stale-if-error=0", "max-age=1", "Accept-Encoding"},
		{BlockingPlaylist, "public, max-age=4, stale-if-error=0", "", "Accept-Encoding"},
		{EndedPlaylist, "public, max-age=2, stale-if-error=0", "", "Accept-Encoding"},
		{Recorded, "public, max-age=60", "", ""},
		{Status, "public, max-age=1", "", ""},
		{Page, "public, max-age=0, must-revalidate", "", ""},
		{Asset, "public, max-age=31536000, immutable", "", ""},
		{NotFound, "public, max-age=1", "", ""},
		{Private, "no-store", "", ""},
		{Failure, "no-store", "", ""},
	}
	if len(tests) != int(kindCount) {
		t.Errorf("%d kinds are tested, want %d", len(tests), kindCount)
	}
	for _, tt := range tests {
		t.Run(Policies[tt.kind].Name, func(t *testing.T) {
			h := http.Header{}
			SetHeader(h, LivePlaylist)
			ResetHeader(h, tt.kind)
			for name, want := range map[string]string{
				"Cache-Control": tt.cacheControl, "Surrogate-Control": tt.targeted, "CDN-Cache-Control": tt.targeted, "Vary": tt.vary,
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}
