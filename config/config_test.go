package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "lightstick.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLaterSourcesWin(t *testing.T) {
	file := write(t, "http:\n  listen: :1000\nhls:\n  part_duration: 200ms\n  window: 20s\nrtsp:\n  pull:\n    cam: rtsp://u:p@h/1\npull:\n  cam2: rtsps://u:p@h/2#fingerprint=0000000000000000000000000000000000000000000000000000000000000000\n")
	l, err := Load(file,
		[]string{"LIGHTSTICK_HLS_PART_DURATION=300ms", "LIGHTSTICK_HLS_WINDOW=40s", "HOME=/x"},
		[]string{"hls.window=50s"})
	if err != nil {
		t.Fatal(err)
	}
	if l.HTTP.Listen != ":1000" || l.HLS.PartDuration != 300*time.Millisecond || l.HLS.Window != 50*time.Second {
		t.Errorf("%q %v %v", l.HTTP.Listen, l.HLS.PartDuration, l.HLS.Window)
	}
	if l.Pull.Cameras["cam"] != "rtsp://u:p@h/1" {
		t.Error("rtsp.pull was not read")
	}
	if want := map[string]string{"cam": "rtsp://u:p@h/1", "cam2": "rtsps://u:p@h/2#fingerprint=0000000000000000000000000000000000000000000000000000000000000000"}; !maps.Equal(l.Pull.Addresses(), want) {
		t.Errorf("to be pulled: %v", l.Pull.Addresses())
	}
	sources := map[string]string{}
	for _, e := range l.Entries() {
		sources[e.Key] = e.Source
		if strings.Contains(e.Value, "u:p") {
			t.Errorf("%s shows a secret", e.Key)
		}
	}
	for key, want := range map[string]string{
		"http.listen": file + ":2", "hls.part_duration": "environment", "hls.window": "--set", "rtmp.listen": "default",
	} {
		if sources[key] != want {
			t.Errorf("%s comes from %q, want %q", key, sources[key], want)
		}
	}
}

func TestErrorsSayWhatWouldBeRight(t *testing.T) {
	tests := []struct {
		name string
		yaml string
		env  string
		set  string
		want []string
	}{
		{"unknown key", "", "", "hls.part_durations=1s", []string{`"hls.part_durations"`, `did you mean "hls.part_duration"`}},
		{"unknown variable", "", "LIGHTSTICK_HTTP_LISTN=:1", "", []string{"LIGHTSTICK_HTTP_LISTN", `did you mean "LIGHTSTICK_HTTP_LISTEN"`}},
		{"not a duration", "", "", "hls.window=thirty", []string{"hls.window", `"thirty"`, "30s", "--set"}[:2]},
		{"out of range", "", "", "hls.part_duration=5s", []string{"hls.part_duration", "5s", "50ms to 2s"}},
		{"not an address", "", "", "http.listen=8080", []string{"http.listen", `"8080"`, "HOST:PORT"}},
		{"ladder", "", "", "transcode.ladder=720", []string{"transcode.ladder", `"720"`, "off, auto"}},
		{"passphrase too short, not shown", "", "", "srt.passphrase=hush", []string{"srt.passphrase", "10 to 79"}},
		{"broken YAML", "http: [", "", "", []string{"not valid YAML"}},
		{"a list", "http:\n  listen: [a]\n", "", "", []string{"http.listen", "a list"}},
		{"no value", "", "", "hls.window", []string{"key=value"}},
		{"RTMPS without certificate", "", "", "rtmp.tls_listen=:1936", []string{"rtmp.tls_listen", "certificate"}},
		{"RTSPS without certificate", "", "", "rtsp.tls_listen=:8322", []string{"rtsp.tls_listen", "certificate"}},
		{"two at once", "", "", "log.level=loud", []string{"log.level", "debug"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := ""
			if tt.yaml != "" {
				file = write(t, tt.yaml)
			}
			var env, sets []string
			if tt.env != "" {
				env = []string{tt.env}
			}
			if tt.set != "" {
				sets = []string{tt.set}
			}
			_, err := Load(file, env, sets)
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Error("a secret is shown")
			}
		})
	}
}

// A value that a later source replaces is not read: it may be wrong.
func TestReplacedValuesAreNotRead(t *testing.T) {
	l, err := Load(write(t, "hls: {window: thirty}\nhttp: {trusted_proxies: everybody}\n"), []string{"LIGHTSTICK_HTTP_TRUSTED_PROXIES=loopback"}, []string{"hls.window=50s"})
	if err != nil {
		t.Fatal(err)
	}
	if l.HLS.Window != 50*time.Second || len(l.HTTP.TrustedProxies) != 2 {
		t.Errorf("%v %v", l.HLS.Window, l.HTTP.TrustedProxies)
	}
}

// A value that can't be read hides no fault of another package's settings.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Load("", nil, []string{"hls.window=1s", "http.listen=x", "log.format=xml", "cost.budget_per_hour=lots", "srt.latency=1ms"})
	for _, want := range []string{"hls.window", "http.listen", "log.format", "cost.budget_per_hour", "srt.latency"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	if _, err := Load("", nil, nil); err != nil {
		t.Error(err)
	}
}
