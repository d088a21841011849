package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/config"
)

func TestServerURL(t *testing.T) {
	tests := []struct {
		sets []string
		want string
	}{
		{nil, "http://127.0.0.1:8080"},
		{[]string{"http.listen=0.0.0.0:81"}, "http://127.0.0.1:81"},
		{[]string{"http.listen=[::]:81"}, "http://127.0.0.1:81"},
		{[]string{"http.listen=10.0.0.1:81"}, "http://10.0.0.1:81"},
		{[]string{"http.listen=[::1]:81"}, "http://[::1]:81"},
		{[]string{"http.domain=live.example.com"}, "https://live.example.com"},
		{[]string{"http.url=https://cdn.example.com"}, "http://127.0.0.1:8080"},
		{[]string{"http.tls_cert=c", "http.tls_key=k"}, "https://127.0.0.1:8080"},
		{[]string{"http.tls_cert=c", "http.tls_key=k", "http.url=https://live.example.com:8080"}, "https://live.example.com:8080"},
		{[]string{"http.listen="}, ""},
	}
	for _, tt := range tests {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := serverURL(&loaded.Config); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%v: %q, %v; want %q", tt.sets, got, err, tt.want)
		}
	}
}

func TestConfirmed(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " YES \n": true, "y": true, "\n": false, "": false, "no\n": false, "yep\n": false} {
		if got := confirmed(strings.NewReader(answer), io.Discard, []string{"r1"}); got != want {
			t.Errorf("%q: %v", answer, got)
		}
	}
}

func TestHumanSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9_940: "9.9 kB", 9_960: "10 kB", 950_400: "950 kB", 999_499: "999 kB", 999_500: "1.0 MB",
		2_149_000_000: "2.1 GB", 1 << 62: "4.6 EB",
	} {
		if got := humanSize(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}

func TestHumanDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 59500 * time.Millisecond: "1:00", 61 * time.Second: "1:01", 3599 * time.Second: "59:59", 100 * time.Hour: "100:00:00",
	} {
		if got := humanDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestStreamSettingsByCommand(t *testing.T) {
	data := "--data=" + servedDir(t)
	for _, tt := range []struct {
		line, want, err string
	}{
		{"create show --record", "", ""},
		{"list", "on      default", ""},
		{"set show --retention 720h --name Show", "Show  ", ""},
		{"set show --retention forever --record off", "off     forever", ""},
		{"set show", "", "nothing to change"},
		{"set show --retention soon", "", "720h"},
		{"set show --record maybe", "", "--record"},
		{"set none --record on", "", "none: no such stream"},
	} {
		out, err := execute(t, append([]string{"stream"}, append(strings.Fields(tt.line), data)...)...)
		if !strings.Contains(out, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %q, %v", tt.line, out, err)
		}
	}
}
