package config_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata, so that each change of a word is seen.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Fatalf("%s:%d: got\n%s\nand not what is there; -update rewrites the file", path, i+1, line)
		}
	}
	t.Fatalf("%s has more lines; -update rewrites the file", path)
}

// TestGoldenSettings shows what `lightstick config` prints, without a configuration and with nearly
// every key set.
func TestGoldenSettings(t *testing.T) {
	for name, load := range map[string]func() (*config.Loaded, error){
		"defaults.golden":   func() (*config.Loaded, error) { return config.Load("", nil, nil) },
		"everything.golden": func() (*config.Loaded, error) { return config.Load("testdata/everything.yaml", nil, nil) },
	} {
		loaded, err := load()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := loaded.Print(&out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "hush") {
			t.Errorf("%s shows a secret", name)
		}
		golden(t, name, out.Bytes())
	}
}

const (
	hmacKey   = "HS256:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	publicKey = "EdDSA:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" // RFC 8032 §7.1, test 1
)

// wrong are settings that are refused, one fault in each. "hush" must not be shown.
var wrong = [][]string{
	{"hls.part_durations=1s"}, {"chat.emoticons=a"}, {"hls=1"}, {"zzzzzzzzzzzzzzzzzz=1"}, {"hls.window"},
	{"http.listen=8080"}, {"http.listen=:99999"}, {"admin.listen=nowhere"}, {"rtmp.listen=1935"}, {"srt.listen=x"}, {"rtsp.listen=x"},
	{"http.max_connections=many"}, {"http.max_connections=-1"}, {"http.max_connections_per_ip=-1"},
	{"http.url=live.example.com"}, {"http.tls_cert=cert.pem"}, {"rtmp.tls_listen=:1936"}, {"rtsp.tls_listen=:8322"},
	{"http.trusted_proxies=10.0.0.0/8,127.0.0.1"}, {"http.trusted_proxies=0.0.0.0/0"}, {"http.trusted_proxies=" + strings.Repeat("10.0.0.1 ", 2001)},
	{"http.client_header=Cookie"}, {"http.client_header=x-origin-secret"}, {"http.proxy_protocol=true"}, {"http.proxy_protocol=maybe"},
	{"http.proxy_protocol=true", "http.trusted_proxies=private", "http.listen="},
	{"cdn.secret=hush"}, {"cdn.secret=hush-hush-hush-hush hush-hush-hush-hush"}, {"cdn.secret=hush-hush-hush-hush1 hush-hush-hush-hush2 hush-hush-hush-hush3"},
	{"cdn.secret_header=Range"}, {"cdn.loop_id=light stick"},
	{"srt.passphrase=hush"}, {"srt.latency=1ms"}, {"srt.latency=fast"},
	{"rtsp.udp_port=8001"}, {"rtsp.pull=cam"}, {"rtsp.pull=cam=http://hush@h"}, {"rtsp.pull=c*m=rtsp://h"},
	{"publish.open=perhaps"}, {"publish.reconnect=2h"}, {"api.token=hush"},
	{"hls.segment_duration=100ms"}, {"hls.part_duration=5s"}, {"hls.part_hold_back=1"}, {"hls.part_hold_back=some"}, {"hls.window=thirty"}, {"hls.window=1s"},
	{"hls.dvr=100h"}, {"hls.audio=loud"}, {"hls.stale=500"},
	{"record.default=yes"}, {"record.retention=1500ms"},
	{"playback.auth=on"}, {"playback.keys=" + hmacKey}, {"playback.keys=site=HS256:aHVzaA=="}, {"playback.keys=si+te=" + hmacKey}, {"playback.keys=site=hush"},
	{"playback.signing_key=site"}, {"playback.keys=site=" + publicKey, "playback.signing_key=site"},
	{"playback.country_header=a b"}, {"playback.country_header=CF-IPCountry"}, {"playback.auth=edge"},
	{"playback.country_header=X-Origin-Secret", "http.trusted_proxies=private"},
	{"redis.url=http://u:hush@h"}, {"redis.url=redis://one redis://u:hush@h/x"},
	{"storage.cache=lots"}, {"storage.s3.bucket=My_Bucket"}, {"storage.s3.secret_key=hush"}, {"storage.s3.bucket=live", "storage.s3.endpoint=https://a:hush@h"},
	{"storage.s3.bucket=live", "storage.s3.secret_key=hush"}, {"storage.s3.bucket=live", "storage.s3.sse=yes"}, {"storage.s3.bucket=live", "storage.s3.kms_key=k"},
	{"storage.s3.bucket=live", "storage.s3.storage_class=a b"}, {"storage.s3.bucket=live", "storage.s3.region="}, {"storage.s3.bucket=live", "storage.s3.prefix=a/../b"},
	{"storage.mirrors=https://a:hush@h/b"}, {"storage.mirrors=To_kyo=https://h/bucket"}, {"storage.mirrors=s3=https://h/bucket"}, {"storage.mirrors=t=a:hush@h/bucket"},
	{"storage.mirrors=t=https://a:12?hush@h/bucket"}, {"storage.mirrors=t=https://a:hush@h"}, {"storage.mirrors=t=https://a@h/bucket"},
	{"storage.mirrors=t=https://h/bucket?path_style=hush"}, {"storage.mirrors=a=https://h/bucket b=https://h/bucket/"},
	{"storage.mirrors=a=https://h/bucket", "storage.s3.bucket=bucket", "storage.s3.endpoint=https://h"},
	{"transcode.ladder=720"},
	{"cost.origin_per_gb=1e-3"}, {"cost.budget_per_hour=lots"}, {"cost.budget_per_hour=5EUR", "cost.budget_per_month=5USD"}, {"cost.reports=x"},
	{"cost.webhook=hush"}, {"cost.webhook_secret=hush-hush-hush-hush"}, {"cost.webhook_secret=hush", "cost.webhook=https://h"},
	{"purge.targets=a=ftp://hush@x"}, {"purge.targets=A=fastly://hush@x"}, {"purge.targets=fastly://hush@x"},
	{"steering.pathways=A=https://h"}, {"steering.pathways=a=ftp://h"}, {"steering.pathways=a=https://h?weight=-1"}, {"steering.pathways=a=https://h b=https://h"},
	{"steering.url=h"}, {"steering.url=https://h?a=b"}, {"steering.ttl=0s"}, {"steering.min_sessions=0"}, {"cmcd.rate=-1"},
	{"chat.guests=all"}, {"chat.rate_limit=5"}, {"chat.room_rate_limit=0/s"}, {"chat.sample_above=-1"}, {"chat.connect_rate=-1"}, {"chat.max_per_address=-1"},
	{"chat.token_key=hush"}, {"chat.token_max_life=1s"}, {"chat.jwks_url=keys"}, {"chat.origins=fans.example.com"}, {"chat.origins=https://h/path"},
	{"chat.emotes=wa-ve=https://h"}, {"chat.emotes=wave=h"}, {"chat.emotes=wave"}, {"chat.reactions=he-art"}, {"chat.webhook=hush"}, {"chat.webhook_secret=hush"},
	{"chat.webhook_deadline=1m"}, {"chat.webhook_fail=ajar"}, {"chat.retention=1m"}, {"chat.drain=1h"},
	{"pyroscope.url=hush"}, {"log.level=loud"}, {"log.format=xml"},
}

// TestGoldenErrors shows what each wrong value is answered with.
func TestGoldenErrors(t *testing.T) {
	var out bytes.Buffer
	for _, sets := range wrong {
		fmt.Fprintf(&out, "--set %.100s\n", strings.Join(sets, " --set "))
		_, err := config.Load("", nil, sets)
		if err == nil {
			t.Errorf("%.80q was accepted", sets)
			continue
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("%q shows a secret", err)
		}
		fmt.Fprintf(&out, "    %s\n", strings.ReplaceAll(err.Error(), "\n", "\n    "))
	}
	golden(t, "errors.golden", out.Bytes())
}
