package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// command parses a line as main does. code is that of kong's own exits; -1: there was none.
func command(t *testing.T, out io.Writer, args ...string) (parsed *kong.Context, code int, err error) {
	t.Helper()
	was := cli
	t.Cleanup(func() { cli = was })
	code = -1
	parser, err := newParser(t.Context(), out, func(c int) {
		if code < 0 {
			code = c
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err = parser.Parse(wantsHelp(args))
	return parsed, code, err
}

// What is wrong with a command line is told in a sentence, with the help that explains it.
func TestUsageErrors(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone.yaml")
	for _, tt := range []struct {
		args []string
		want string
		help string
	}{
		{nil, "missing command: use one of serve, demo, stream, key, recordings, cdn, chat, token, check, loadtest, health, config, version", "lightstick --help"},
		{[]string{"nonsense"}, `unknown command "nonsense"`, "lightstick --help"},
		{[]string{"stream", "creat", "x"}, `unknown command "creat"; did you mean "create"?`, "lightstick stream --help"},
		{[]string{"stream"}, "missing command: use one of create, list, set, delete", "lightstick stream --help"},
		{[]string{"key"}, "missing command: use one of rotate", "lightstick key --help"},
		{[]string{"chat", "account"}, "missing command: use one of add, list, role, password, lock, unlock, delete", "lightstick chat account --help"},
		{[]string{"serve", "extra"}, `unknown argument "extra"`, "lightstick serve --help"},
		{[]string{"serve", "--nonsense"}, "unknown option --nonsense", "lightstick serve --help"},
		{[]string{"serve", "--confg=x"}, `unknown option --confg; did you mean "--config"?`, "lightstick serve --help"},
		{[]string{"serve", "--role=cook"}, `--role: "cook" is not one of all, chat`, "lightstick serve --help"},
		{[]string{"serve", "--config", gone}, "--config: " + gone + ": no such file or directory", "lightstick serve --help"},
		{[]string{"serve", "--data"}, "--data: missing value", "lightstick serve --help"},
		{[]string{"stream", "create"}, "missing argument <name>", "lightstick stream create --help"},
		{[]string{"stream", "set", "main", "--access=some"}, `--access: "some" is not one of public, token, default`, "lightstick stream set --help"},
		{[]string{"cdn", "config", "apache", "--origin=h:1"}, `<product>: "apache" is not one of nginx, varnish, haproxy, cloudfront, fastly`, "lightstick cdn config --help"},
		{[]string{"cdn", "config", "nginx"}, "missing option --origin=HOST:PORT", "lightstick cdn config --help"},
		{[]string{"recordings", "clip", "main"}, "missing options --end=TIME, --start=TIME", "lightstick recordings clip --help"},
		{[]string{"recordings", "clip", "main", "--start=now"}, `--start: "now" is not a time; use one like 2026-11-23T20:15:00Z or 2026-11-24T05:15:00.5+09:00`, "lightstick recordings clip --help"},
		{[]string{"cdn", "cost", "--viewers=many"}, `--viewers: "many" is not a whole number`, "lightstick cdn cost --help"},
		{[]string{"cdn", "cost", "--hours=long"}, `--hours: "long" is not a number`, "lightstick cdn cost --help"},
		{[]string{"check", "http://h/", "--for=2"}, `--for: "2" is not a duration such as 250ms, 2s or 1m30s`, "lightstick check --help"},
		{[]string{"check", "http://h/", "--for", "-1h"}, `--for: "-1h" looks like an option; write --for=-1h`, "lightstick check --help"},
		{[]string{"check", "http://h/", "--for"}, "--for: missing value", "lightstick check --help"},
	} {
		var out strings.Builder
		_, _, err := command(t, &out, tt.args...)
		if err == nil {
			t.Errorf("%q is understood", tt.args)
			continue
		}
		err = explainUsage(err)
		own := (*exitError)(nil)
		if want := tt.want + "\nFor help: " + tt.help; err.Error() != want || !errors.As(err, &own) || own.code != 2 {
			t.Errorf("%q: %q\nwant %q", tt.args, err, want)
		}
		if out.Len() > 0 {
			t.Errorf("%q: standard output has %s", tt.args, out.String())
		}
	}
}

// Help is written to standard output, by "help" and by "--help".
func TestHelp(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"help"}, []string{"Usage: lightstick <command>", "serve", "cdn", `Run "lightstick <command> --help"`}},
		{[]string{"--help"}, []string{"Usage: lightstick <command>"}},
		{[]string{"help", "stream"}, []string{"Usage: lightstick stream <command>", "create"}},
		{[]string{"help", "stream", "create"}, []string{"Usage: lightstick stream create <name>"}},
		{[]string{"help", "serve"}, []string{"Default: data."}},
		{[]string{"check", "--help"}, []string{"--for=20s"}},
		{[]string{"token", "create", "--help"}, []string{"Default: 12h."}},
		{[]string{"cdn", "config", "--help"}, []string{"Default: :80."}},
	} {
		var out strings.Builder
		_, code, _ := command(t, &out, tt.args...)
		text := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range tt.want {
			if code != 0 || !strings.Contains(text, want) {
				t.Errorf("%q: exit code %d, no %q in\n%s", tt.args, code, want, out.String())
			}
		}
	}
}

// What goes wrong later names what failed and what to do, and who is to blame by the exit
// code: 2 for the command line, 1 for the rest.
func TestCommandErrors(t *testing.T) {
	dir := servedDir(t)
	if err := runLine(t, []string{"stream", "create", "main", "--data", dir}); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.log")
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line string
		code int
		want string
	}{
		{"stream create main", 1, `a stream of that name exists already: "main"; choose another name, or replace its key with 'lightstick key rotate'`},
		{"stream delete nope", 1, "nope: no such stream; 'lightstick stream list' shows all"},
		{"stream set nope --name=x", 1, "nope: no such stream; 'lightstick stream list' shows all"},
		{"stream set main", 2, "nothing to change; use --name, --record, --retention or --access"},
		{"stream set main --retention=soon", 1, `main: invalid setting: retention: "soon"; use a duration of whole seconds such as 720h, forever, or default`},
		{"key rotate nope", 1, "nope: no such stream; 'lightstick stream list' shows all"},
		{"chat account delete nope", 1, "nope: no such account; 'lightstick chat account list' shows all"},
		{"chat account add x --color=red", 1, "invalid account: write the color as #rrggbb"},
		{"chat export", 2, "nothing to export; name a room, or a user with --user ID"},
		{"chat token u --set chat.token_key=0123456789abcdef0123456789abcdef --color=red", 2, `--color: "red" is not a color such as #ff8800`},
		{"chat token u --set chat.token_key=0123456789abcdef0123456789abcdef --for=9999h", 2, "--for: use a duration up to chat.token_max_life, which is 24h0m0s"},
		{"token create main --ip=x", 1, "invalid token request: ip: use an address, or a network such as 203.0.113.0/24"},
		{"recordings list --url=nonsense", 2, `--url: "nonsense" is not a URL; use http://HOST:PORT`},
		{"recordings list --url=http://127.0.0.1:1", 1, "no server answers at http://127.0.0.1:1 (dial tcp 127.0.0.1:1: connect: connection refused); start it with 'lightstick serve', or name another with --url http://HOST:PORT"},
		{"health --url=http://127.0.0.1:1", 1, "not ready: no server answers at http://127.0.0.1:1 (dial tcp 127.0.0.1:1: connect: connection refused)"},
		{"health --url=nonsense", 2, `--url: "nonsense" is not a URL; use http://HOST:PORT`},
		{"cdn import-log --cdn=x " + missing, 1, "open " + missing + ": no such file or directory"},
		{"cdn config nginx --origin=nonsense", 2, `--origin: "nonsense" is not HOST:PORT: write it as 127.0.0.1:8080, name:8080 or [::1]:8080`},
		{"cdn config nginx --origin=h:1 --purge-from=x", 2, `--purge-from: "x" is not a network such as 10.0.0.0/8`},
		{"cdn sign --scheme=x --url=https://h/live/a/index.m3u8", 2, "missing key; use --key-file FILE, or set CDN_SIGNING_KEY"},
		{"loadtest hls --url=nonsense", 2, `url: "nonsense" is not http://HOST/… or https://HOST/…`},
		{"loadtest chat --url=nonsense", 2, `url: "nonsense" is not ws://HOST/… or wss://HOST/…`},
		{"check nonsense", 2, `not an http:// or https:// URL: "nonsense"`},
		{"check http://127.0.0.1:1/live/a/index.m3u8", 2, `nothing to check: Get "http://127.0.0.1:1/live/a/index.m3u8": dial tcp 127.0.0.1:1: connect: connection refused`},
		{"serve --data " + filepath.Join(dir, "plain"), 1, "data directory: mkdir " + filepath.Join(dir, "plain") + ": not a directory; choose another with --data DIR"},
	} {
		t.Setenv("CDN_SIGNING_KEY", "")
		args := strings.Fields(tt.line)
		if !strings.Contains(tt.line, "--data") && !strings.HasPrefix(tt.line, "check") && !strings.HasPrefix(tt.line, "loadtest") && !strings.HasPrefix(tt.line, "cdn config") && !strings.HasPrefix(tt.line, "cdn sign") {
			args = append(args, "--data", dir)
		}
		parsed, _, err := command(t, io.Discard, args...)
		if err != nil {
			t.Errorf("%s: %v", tt.line, explainUsage(err))
			continue
		}
		err = parsed.Run()
		code, own := 1, (*exitError)(nil)
		if errors.As(err, &own) {
			code = own.code
		}
		if err == nil || errors.Is(err, context.Canceled) || err.Error() != tt.want || code != tt.code {
			t.Errorf("%s: code %d, %v\nwant code %d, %s", tt.line, code, err, tt.code, tt.want)
		}
	}
}
