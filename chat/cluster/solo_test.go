package cluster

import (
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
)

// TestSoloRestsUntilUsed looks for the goroutines by which centrifuge's brokers wake the
// process each second.
func TestSoloRestsUntilUsed(t *testing.T) {
	const sweep, maps = "(*MemoryBroker).RegisterBrokerEventHandler", "(*MemoryMapBroker).RegisterEventHandler"
	running := func(starter string) int {
		stacks := make([]byte, 4<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "created by github.com/centrifugal/centrifuge."+starter)
	}
	uses := map[string]func(node *centrifuge.Node) error{
		"publication": func(node *centrifuge.Node) error { _, err := node.Publish("chat:show", []byte("{}")); return err },
		"history":     func(node *centrifuge.Node) error { _, err := node.History("chat:show"); return err },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			for wait := time.Now().Add(30 * time.Second); running(sweep)+running(maps) > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(wait) {
					t.Fatal("brokers of earlier tests still run")
				}
			}
			node, err := centrifuge.New(centrifuge.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(node, "", slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			if err := node.Run(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = node.Shutdown(t.Context()) }()
			if n := running(sweep); n != 0 {
				t.Errorf("%d brokers look for history that nobody has written", n)
			}
			for range 2 {
				if err := use(node); err != nil {
					t.Fatal(err)
				}
			}
			if n := running(sweep); n != 1 {
				t.Errorf("%d brokers look for history to forget", n)
			}
			if n := running(maps); n != 0 {
				t.Errorf("%d brokers of map subscriptions run, which rooms do not have", n)
			}
		})
	}
}
