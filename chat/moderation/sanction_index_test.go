package moderation

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

// sanction makes one of a target, which is a network or a user.
func sanction(kind, room, target string, at, until int64) Sanction {
	s := Sanction{Kind: kind, Room: room, User: target, At: at, Until: until, By: mod}
	if network, err := netip.ParsePrefix(target); err == nil {
		s.User, s.Network = "", network
	}
	s.ID = SanctionID(kind, room, s.User, s.Network)
	return s
}

func TestSanctionIndexFinds(t *testing.T) {
	b := NewSanctionIndex()
	for _, s := range []Sanction{
		sanction(Ban, "stage", "u1", 1, 0),
		sanction(Timeout, AllRooms, "u1", 1, 5000),
		sanction(Timeout, "stage", "u1", 1, 9000),
		sanction(Shadow, "other", "u1", 1, 0),
		sanction(Ban, "stage", "203.0.113.0/24", 1, 8000),
		sanction(Ban, AllRooms, "2001:db8::/32", 1, 0),
		sanction(Ban, AllRooms, "2001:db8:1::/48", 1, 9000),
	} {
		if news, err := b.Put(s); !news || err != nil || !s.valid() {
			t.Fatalf("%+v: %v, %v", s, news, err)
		}
	}
	tests := []struct {
		room, user, addr     string
		role                 message.Role
		now                  int64
		ban, timeout, shadow int64 // until, -1: none
	}{
		{"stage", "u1", "", message.Member, 100, 0, 9000, -1},
		{"other", "u1", "", message.Member, 100, -1, 5000, 0},
		{"other", "u1", "", message.Member, 5000, -1, -1, 0},
		{"stage", "u2", "203.0.113.200", message.Member, 100, 8000, -1, -1},
		{"stage", "u2", "::ffff:203.0.113.200", message.Member, 100, 8000, -1, -1},
		{"stage", "u2", "203.0.114.1", message.Member, 100, -1, -1, -1},
		{"stage", "u2", "203.0.113.200", message.Member, 8000, -1, -1, -1},
		{"other", "u2", "203.0.113.200", message.Member, 100, -1, -1, -1},
		{"any", "u2", "2001:db8:1::7", message.Guest, 100, 0, -1, -1},
		{"any", "u2", "2001:db8:1::7", message.Host, 100, -1, -1, -1},
		{"any", "", "", message.Guest, 100, -1, -1, -1},
	}
	until := func(s *Sanction) int64 {
		if s == nil {
			return -1
		}
		return s.Until
	}
	for _, tt := range tests {
		var addr netip.Addr
		if tt.addr != "" {
			addr = netip.MustParseAddr(tt.addr)
		}
		got := b.Find(tt.room, message.User{ID: tt.user, Role: tt.role}, addr, tt.now)
		if until(got.Ban) != tt.ban || until(got.Timeout) != tt.timeout || until(got.Shadow) != tt.shadow {
			t.Errorf("%+v: %+v", tt, got)
		}
	}
}

func TestSanctionIndexIsBounded(t *testing.T) {
	b := newSanctionIndex(10)
	for i := range 10 {
		if _, err := b.Put(sanction(Ban, "stage", fmt.Sprint("u", i), 1, int64(1000*i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Put(sanction(Ban, "stage", "one more", 1, 0)); !errors.Is(err, errIndexFull) {
		t.Error(err)
	}
	if news, err := b.Put(sanction(Ban, "stage", "u3", 2, 0)); !news || err != nil { // takes no room
		t.Error(news, err)
	}
	if ids := b.Sweep(5000 + remembered); len(ids) != 3 { // u1, u2 and u4
		t.Errorf("%v", ids)
	}
	if page := b.Page("stage", "", 3, 0); len(page) != 3 || page[0].User != "u0" || page[1].User != "u3" {
		t.Errorf("%+v", page)
	}
	if page := b.Page("", "ban:stage:u7", 3, 0); len(page) != 2 || page[0].User != "u8" {
		t.Errorf("%+v", page)
	}
}

func TestAnOlderVersionDoesNotComeBack(t *testing.T) {
	b := NewSanctionIndex()
	ban := sanction(Ban, "stage", "192.0.2.0/24", 100, 0)
	lifted := ban
	lifted.Removed, lifted.At = true, 200
	for _, s := range []Sanction{lifted, ban} {
		if _, err := b.Put(s); err != nil {
			t.Fatal(err)
		}
	}
	if holds := b.Find("stage", fan, netip.MustParseAddr("192.0.2.1"), 300); holds.Ban != nil || len(b.lengths) != 0 {
		t.Errorf("%+v", holds)
	}
	if b.Sweep(200 + remembered); len(b.All()) != 1 {
		t.Error("what was lifted an hour ago, and not longer, is forgotten")
	}
	if b.Sweep(200 + remembered + 1); len(b.All()) != 0 {
		t.Errorf("%+v", b.All())
	}
}

// What is lifted or has run out leaves nothing in the maps that Find looks into.
func TestSanctionIndexLeavesNothingBehind(t *testing.T) {
	b := NewSanctionIndex()
	for _, target := range []string{"u1", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/64"} {
		for _, room := range []string{"stage", AllRooms} {
			ban := sanction(Ban, room, target, 100, 5000)
			lifted := ban
			lifted.Removed, lifted.At = true, 200
			for _, s := range []Sanction{ban, lifted} {
				if _, err := b.Put(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := b.Put(sanction(Ban, "stage", target, 300, 5000)); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.users) != 1 || len(b.networks) != 3 || len(b.lengths) != 2 || b.lengths[netLength{bits: 24}] != 2 {
		t.Errorf("%d users, %d networks, lengths %v", len(b.users), len(b.networks), b.lengths)
	}
	if b.Sweep(5001 + remembered); len(b.byID)+len(b.users)+len(b.networks)+len(b.lengths) != 0 {
		t.Errorf("left: %v, %v, %v, %v", b.byID, b.users, b.networks, b.lengths)
	}
}

// What another process or the store gives is checked: an ID that does not fit its
// sanction could never be lifted.
func TestSanctionsFromOutsideAreChecked(t *testing.T) {
	for name, change := range map[string]func(*Sanction){
		"another kind":         func(s *Sanction) { s.Kind = "curse" },
		"no room":              func(s *Sanction) { s.Room = "" },
		"nobody":               func(s *Sanction) { s.User = "" },
		"a user and a network": func(s *Sanction) { s.Network = netip.MustParsePrefix("192.0.2.0/24") },
		"another ID":           func(s *Sanction) { s.ID = "ban:stage:u2" },
		"no time":              func(s *Sanction) { s.At = 0 },
		"a time that never ends": func(s *Sanction) {
			s.At = 1 << 53 // nothing could come after it
		},
		"an end before all time":   func(s *Sanction) { s.Until = -1 },
		"the timeout of a network": func(s *Sanction) { *s = sanction(Timeout, "stage", "192.0.2.0/24", 100, 0) },
	} {
		s := sanction(Ban, "stage", "u1", 100, 0)
		if !s.valid() {
			t.Fatalf("%+v", s)
		}
		if change(&s); name != "another ID" && s.User == "u1" {
			s.ID = SanctionID(s.Kind, s.Room, s.User, s.Network)
		}
		if s.valid() {
			t.Errorf("%s: %+v is taken", name, s)
		}
	}
}
