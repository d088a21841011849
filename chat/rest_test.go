package chat

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
)

// TestNodeRestsUntilUsed looks for the goroutines by which centrifuge's node wakes the
// process every few seconds.
func TestNodeRestsUntilUsed(t *testing.T) {
	running := func() int {
		stacks := make([]byte, 4<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "created by github.com/centrifugal/centrifuge.(*Node).Run")
	}
	uses := map[string]func(t *testing.T, s *Service, url string){
		"connection": func(t *testing.T, _ *Service, url string) { _ = chattest.Join(t, url, "Mina", "show") },
		"room": func(t *testing.T, s *Service, _ string) {
			if _, err := s.rooms.get("show"); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			for wait := time.Now().Add(30 * time.Second); running() > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(wait) {
					t.Fatal("nodes of earlier tests still run")
				}
			}
			s, url := serve(t, nil)
			if running() > 0 {
				t.Error("the node runs before anybody has come")
			}
			use(t, s, url)
			if running() == 0 {
				t.Error("the node does not run")
			}
		})
	}
}
