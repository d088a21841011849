package chat

import (
	"testing"
	"time"
)

func TestRoomsAreSweptWhileOneIsOpen(t *testing.T) {
	s, _ := serve(t, nil)
	if s.rooms.sweeps.Running() {
		t.Error("looks for rooms to close before one is open")
	}
	if _, err := s.rooms.get("show"); err != nil {
		t.Fatal(err)
	}
	if !s.rooms.sweeps.Running() {
		t.Error("does not look for rooms to close while one is open")
	}
	if now := time.Now(); !s.rooms.sweep(now.Add(quiet/2)) || s.rooms.sweep(now.Add(2*quiet)) {
		t.Error("the last room was not closed when it had been quiet for long")
	}
}
