package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// chatData is a data directory with a chat, which a server has open.
func chatData(t *testing.T, now time.Time) (common, *store.SQLite) {
	t.Helper()
	dir := servedDir(t)
	kept, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	var entries []store.Entry
	for n := range 10 { // a day apart, the last now
		sent := now.AddDate(0, 0, n-9).UnixMilli()
		user := []string{"mina", "jun"}[n%2]
		entries = append(entries, store.Entry{Room: "show", Address: netip.MustParseAddr("203.0.113.7"), Message: message.Message{
			ID: fmt.Sprint("m", n), Text: "text of " + user, At: sent, Sent: sent, User: message.User{ID: user, Name: "Name of " + user, Role: message.Member},
		}})
	}
	entries[9].Deleted = &store.Deletion{By: "host", At: now}
	if err := kept.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	return common{Data: dir}, kept
}

func TestChatExport(t *testing.T) {
	now := time.Now()
	c, _ := chatData(t, now)
	tests := []struct {
		name    string
		command chatExport
		want    string // IDs
	}{
		{"room", chatExport{Room: "show"}, "m0 m1 m2 m3 m4 m5 m6 m7 m8"},
		{"all", chatExport{Room: "show", All: true}, "m0 m1 m2 m3 m4 m5 m6 m7 m8 m9"},
		{"user in a room", chatExport{Room: "show", User: "jun"}, "m1 m3 m5 m7"},
		{"person", chatExport{User: "jun"}, "m1 m3 m5 m7 m9"},
		{"time", chatExport{Room: "show", From: moment(now.AddDate(0, 0, -4)), To: moment(now.AddDate(0, 0, -2))}, "m5 m6"},
		{"no such room", chatExport{Room: "none"}, ""},
	}
	for _, tt := range tests {
		tt.command.common = c
		var out bytes.Buffer
		if err := tt.command.Run(t.Context(), &out); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var ids []string
		for line := range strings.Lines(out.String()) {
			var l store.Line
			if err := json.Unmarshal([]byte(line), &l); err != nil || l.Message == nil {
				t.Fatalf("%s: %q, %v", tt.name, line, err)
			}
			ids = append(ids, l.Message.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
	if err := (&chatExport{common: c}).Run(t.Context(), &bytes.Buffer{}); err == nil {
		t.Error("exported nothing, and did not say so")
	}
	if err := (&chatExport{common: common{Data: servedDir(t)}, Room: "show"}).Run(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("%v", err)
	}
}

func TestChatErase(t *testing.T) {
	c, kept := chatData(t, time.Now())
	var out bytes.Buffer
	if err := (&chatErase{common: c, User: "mina", Yes: true}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5 deleted", "from recordings", "show"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	left, err := kept.Messages(t.Context(), "show", store.Query{Deleted: true})
	if err != nil || len(left) != 5 {
		t.Errorf("%d messages, %v", len(left), err)
	}
	out.Reset()
	if err := (&chatErase{common: c, User: "jun", Yes: true, JSON: true}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var report store.Erasure
	if err := json.Unmarshal(out.Bytes(), &report); err != nil || report.Messages != 5 || len(report.Spans) != 5 {
		t.Errorf("%s, %v", out.String(), err)
	}
}

func TestChatPrune(t *testing.T) {
	now := time.Now()
	c, kept := chatData(t, now)
	tests := []struct {
		name    string
		command chatPrune
		left    int
		err     string
	}{
		{"default", chatPrune{}, 10, ""}, // 720h
		{"retention", chatPrune{common: common{Set: []string{"chat.retention=180h"}}}, 8, ""},
		{"before", chatPrune{Before: moment(now.AddDate(0, 0, -3)), Compact: true}, 4, ""},
		{"for ever", chatPrune{common: common{Set: []string{"chat.retention=0"}}}, 4, "--before"},
	}
	for _, tt := range tests {
		tt.command.Data = c.Data
		err := tt.command.Run(t.Context(), &bytes.Buffer{})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", tt.name, err)
		}
		left, err := kept.Messages(t.Context(), "show", store.Query{Deleted: true})
		if err != nil || len(left) != tt.left {
			t.Errorf("%s: %d messages, %v; want %d", tt.name, len(left), err, tt.left)
		}
	}
}
