package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/globalfandom/lightstick/control"
)

// servedDir is a data directory as a server makes it.
func servedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := control.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onData are the commands that read or write the data directory, with arguments.
var onData = []string{
	"stream create show", "stream list", "stream set show --name=Show", "stream delete show", "key rotate show",
	"token create show", "token keys",
	"chat account add Captain", "chat account list", "chat account password Captain", "chat account role Captain moderator",
	"chat account lock Captain", "chat account unlock Captain", "chat account delete Captain",
	"chat export show", "chat erase u-1 --yes", "chat prune --before=2026-11-23T20:15:00Z",
}

// servers make the directory.
var servers = []string{"serve", "demo"}

// onConfig are the commands that only read the configuration, or ask a server.
var onConfig = []string{
	"config", "health", "chat token", "recordings list", "recordings show", "recordings clip", "recordings export", "recordings delete",
	"cdn cost", "cdn import-log", "cdn purge", "cdn sign",
}

// A command in the wrong directory must not make a second installation there, whose
// keys no server knows.
func TestCommandsWithoutDataDirectory(t *testing.T) {
	for _, line := range onData {
		dir := filepath.Join(t.TempDir(), "data")
		err := runLine(t, append(strings.Fields(line), "--data", dir))
		if err == nil || !strings.Contains(err.Error(), "--data DIR") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v does not say how to name the directory", line, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s made the directory", line)
		}
		empty := t.TempDir()
		if err := runLine(t, append(strings.Fields(line), "--data", empty)); err == nil {
			t.Errorf("%s works in an empty directory", line)
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v, %v", line, left, err)
		}
	}
}

// Every command with --data is in one of the lists above.
func TestCommandsAreKnown(t *testing.T) {
	own := cli
	parser, err := kong.New(&own, kong.Name("lightstick"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		if !slices.ContainsFunc(leaf.AllFlags(false), func(flags []*kong.Flag) bool {
			return slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Name == "data" })
		}) {
			continue
		}
		path := strings.TrimPrefix(leaf.FullPath(), "lightstick ")
		known := slices.Contains(servers, path) || slices.Contains(onConfig, path) ||
			slices.ContainsFunc(onData, func(line string) bool { return line == path || strings.HasPrefix(line, path+" ") })
		if !known {
			t.Errorf("%q has --data: does it need a server's directory?", path)
		}
	}
}

// runLine runs a command as main does.
func runLine(t *testing.T, args []string) error {
	t.Helper()
	own := cli
	parser, err := kong.New(&own, kong.Name("lightstick"),
		kong.BindTo(t.Context(), (*context.Context)(nil)), kong.BindTo(io.Discard, (*io.Writer)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return parsed.Run()
}

// A key that is configured signs without a server's directory, and none is made.
func TestTokenWithConfiguredKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key := "HS256:" + strings.Repeat("QUJD", 11)
	set := []string{"--data", dir, "--set", "playback.keys=mine=" + key, "--set", "playback.signing_key=mine"}
	for _, line := range []string{"token create show", "token keys"} {
		if err := runLine(t, append(strings.Fields(line), set...)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("the directory was made")
	}
}
