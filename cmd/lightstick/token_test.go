package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/app"
	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/origin/playbackauth"
)

func TestTokenCreate(t *testing.T) {
	dir := servedDir(t)
	run := func(c tokenCreate) string {
		t.Helper()
		var out bytes.Buffer
		c.Data = dir
		if c.For == 0 {
			c.For = time.Hour
		}
		if err := c.Run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	out := run(tokenCreate{Stream: "show", Screens: 2, IP: "203.0.113.7", Country: []string{"KR"}, Sid: "t1", URL: "https://live.example.com/"})
	fields := strings.Fields(out)
	text := fields[1]
	keys, err := app.PlaybackKeys(&playbackauth.Settings{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := token.NewVerifier(keys).Verify(text)
	if err != nil || ticket.Screens() != 2 || ticket.Left(time.Now()) > time.Hour {
		t.Errorf("%+v, %v", ticket, err)
	}
	for _, want := range []string{
		"https://live.example.com/watch/show#token=" + text, "https://live.example.com/live/show/index.m3u8?token=" + text,
		"https://live.example.com/t/" + text + "/live/show/index.m3u8",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s does not name %s", out, want)
		}
	}
	if out := run(tokenCreate{Stream: "show-*"}); strings.Count(out, ".") != 2 {
		t.Errorf("for several streams: %s", out)
	}
	bad := tokenCreate{Stream: "show", IP: "home", For: time.Hour}
	bad.Data = dir
	if err := bad.Run(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "ip") {
		t.Errorf("%v", err)
	}
	var list bytes.Buffer
	listing := tokenKeys{}
	listing.Data = dir
	if err := listing.Run(t.Context(), &list); err != nil || !strings.Contains(list.String(), keys.Signer().ID()+"  EdDSA  signs and verifies\n-----BEGIN PUBLIC KEY") {
		t.Errorf("%s, %v", &list, err)
	}
}

func TestCDNSignTakesTheKeyFromFileOrEnvironment(t *testing.T) {
	const address = "https://cdn.example.com/live/show/index.m3u8"
	t.Setenv("CDN_SIGNING_KEY", "")
	c := cdnSign{Scheme: "bunny", URL: address, For: time.Hour}
	if err := c.Run(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "--key-file") {
		t.Errorf("without a key: %v", err)
	}
	t.Setenv("CDN_SIGNING_KEY", "hush")
	var fromEnvironment, fromFile bytes.Buffer
	if err := c.Run(t.Context(), &fromEnvironment); err != nil || !strings.Contains(fromEnvironment.String(), "/bcdn_token=HS256-") || strings.Contains(fromEnvironment.String(), "hush") {
		t.Errorf("%s, %v", &fromEnvironment, err)
	}
	t.Setenv("CDN_SIGNING_KEY", "")
	c.KeyFile = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(c.KeyFile, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), &fromFile); err != nil || !strings.Contains(fromFile.String(), "bcdn_token") {
		t.Errorf("%s, %v", &fromFile, err)
	}
}

func TestTokenCreateNamesThisMachine(t *testing.T) {
	var out bytes.Buffer
	c := tokenCreate{Stream: "show", For: time.Hour}
	c.Data = servedDir(t)
	c.Set = []string{"http.listen=:8081"}
	if err := c.Run(t.Context(), &out); err != nil || !strings.Contains(out.String(), " http://localhost:8081/watch/show#token=") {
		t.Errorf("%s, %v", &out, err)
	}
}
