package app

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/config"
)

// The port is open before FFmpeg is asked for its version, which takes longest of what a
// start does: who connects meanwhile waits, and is not refused.
func TestHTTPPortOpensFirst(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	asked, program := filepath.Join(dir, "asked"), filepath.Join(dir, "ffmpeg")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch "+asked+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load("", nil, []string{
		"http.listen=" + taken.Addr().String(), "transcode.ffmpeg=" + program, "transcode.ladder=180p",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(t.Context(), Options{Dir: dir}, &loaded.Config, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "--set http.listen=") {
		t.Errorf("a port in use: %v", err)
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("FFmpeg was asked for its version before the port was opened")
	}
}
