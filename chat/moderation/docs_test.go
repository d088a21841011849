package moderation

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The documentation tells the figures that the code has.
func TestDocumentedFigures(t *testing.T) {
	text, err := os.ReadFile("../../docs/chat-moderation.md")
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	c.setDefaults()
	for _, want := range []string{
		fmt.Sprintf("so is one that %d people have written within %.0f seconds", c.FloodUsers, c.FloodWindow.Seconds()),
		fmt.Sprintf("by the same person within %.0f seconds is refused", c.RepeatAfter.Seconds()),
		fmt.Sprintf("Guests vote too, at most %d of one address", c.GuestVotes),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/chat-moderation.md does not say %q", want)
		}
	}
}
