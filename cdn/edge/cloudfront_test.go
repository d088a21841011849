package edge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/globalfandom/lightstick/cdn/token"
)

// cloudFormation is a template as far as the tests look at it.
type cloudFormation struct {
	Parameters, Conditions map[string]any
	Resources              map[string]struct {
		Type       string
		Properties map[string]any
	}
}

func cloudFrontTemplate(t *testing.T, o Options) (cloudFormation, any) {
	t.Helper()
	o.Origin, o.Listen, o.Secret = "https://origin.example", ":80", "newkey77newkey77"
	text, err := Generate("cloudfront", o)
	if err != nil {
		t.Fatal(err)
	}
	var parsed cloudFormation
	var whole any
	if err := yaml.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	// By way of JSON, so that names keep their case.
	plain, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed, whole
}

// Whatever the template refers to is in it, and every policy is used.
func TestCloudFrontReferences(t *testing.T) {
	for _, verify := range []Verify{VerifyNone, VerifyNative} {
		parsed, whole := cloudFrontTemplate(t, Options{Verify: verify, API: verify == VerifyNone})
		used := make(map[string]bool)
		var look func(v any)
		look = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, e := range v {
					look(e)
				}
			case map[string]any:
				for key, e := range v {
					name, _ := e.(string)
					parts, _ := e.([]any)
					switch key {
					case "Ref":
						used[name] = true
					case "Fn::GetAtt":
						used[parts[0].(string)] = true
					case "Fn::If":
						if _, ok := parsed.Conditions[parts[0].(string)]; !ok {
							t.Errorf("no condition %v", parts[0])
						}
					}
					look(e)
				}
			}
		}
		look(whole)
		for name := range used {
			_, parameter := parsed.Parameters[name]
			_, resource := parsed.Resources[name]
			if !parameter && !resource && !strings.HasPrefix(name, "AWS::") {
				t.Errorf("%s: %s is nowhere", verify, name)
			}
		}
		for name, r := range parsed.Resources {
			if !used[name] && r.Type != "AWS::CloudFront::Distribution" {
				t.Errorf("%s: %s is not used", verify, name)
			}
		}
		if secret, _ := parsed.Parameters["OriginSecret"].(map[string]any); secret["NoEcho"] != true {
			t.Errorf("%s: the secret is shown: %v", verify, secret)
		}
		config := parsed.Resources["Distribution"].Properties["DistributionConfig"].(map[string]any)
		var patterns []string
		for _, b := range config["CacheBehaviors"].([]any) {
			patterns = append(patterns, b.(map[string]any)["PathPattern"].(string))
		}
		for _, pair := range [][2]string{{"/live/*/steering.json", "/live/*"}, {"/live/*.m3u8", "/live/*"}, {"/t/*.m3u8", "/t/*"}, {"/live/*/chat/index.json", "/live/*"}, {"/t/*/chat/index.json", "/t/*"}, {"/t/*/steering.json", "/t/*"}} {
			if a, b := slices.Index(patterns, pair[0]), slices.Index(patterns, pair[1]); a < 0 || a > b {
				t.Errorf("%s comes after %s", pair[0], pair[1])
			}
		}
	}
}

// maxCloudFrontFunction is in bytes (Quotas on CloudFront Functions).
const maxCloudFrontFunction = 10_000

// runFunction calls the function as CloudFront does, by node, once for each event.
func runFunction(t *testing.T, o Options, keys map[string]string, events []map[string]any) []map[string]any {
	t.Helper()
	parsed, _ := cloudFrontTemplate(t, o)
	code, _ := parsed.Resources["Gate"].Properties["FunctionCode"].(string)
	if len(code) < 1000 || len(code) > maxCloudFrontFunction {
		t.Errorf("the function has %d bytes", len(code))
	}
	code = strings.Replace(code, "import cf from 'cloudfront';", "", 1) // what node has not
	input, err := json.Marshal(map[string]any{"keys": keys, "events": events})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "function.cjs")
	const around = `
const input = JSON.parse(require('fs').readFileSync(0));
var cf = { kvs: () => ({ get: async (k) => { if (!(k in input.keys)) throw new Error('KeyNotFound'); return input.keys[k]; } }) };
(async () => { const out = []; for (const e of input.events) out.push(await handler(e)); console.log(JSON.stringify(out)); })();
`
	if err := os.WriteFile(file, []byte("'use strict';\n"+code+around), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", file)
	cmd.Stdin = bytes.NewReader(input)
	var faults bytes.Buffer
	cmd.Stderr = &faults
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, faults.String())
	}
	var answers []map[string]any
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// event is a viewer's request as CloudFront hands it to functions.
func event(uri, ip string, headers ...string) map[string]any {
	path, query, _ := strings.Cut(uri, "?")
	pairs, fields, cookies := map[string]any{}, map[string]any{}, map[string]any{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			pairs[name] = map[string]string{"value": value}
		}
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "cookie" {
			cookies["lightstick_token"] = map[string]string{"value": headers[i+1]}
			continue
		}
		fields[headers[i]] = map[string]string{"value": headers[i+1]}
	}
	return map[string]any{
		"version": "1.0", "viewer": map[string]string{"ip": ip},
		"request": map[string]any{"method": "GET", "uri": path, "querystring": pairs, "headers": fields, "cookies": cookies},
	}
}

func field(answer map[string]any, name string) string {
	headers, _ := answer["headers"].(map[string]any)
	h, _ := headers[name].(map[string]any)
	value, _ := h["value"].(string)
	return value
}

// The function decides on tokens as package token does.
func TestCloudFrontFunctionVerifies(t *testing.T) {
	raw := make([]byte, 32) // zero bytes among them
	for i := range raw {
		raw[i] = byte(i * 9)
	}
	secret := base64.StdEncoding.EncodeToString(raw)
	sign := func(id, secret string, c token.Claims) string {
		key, err := token.ParseKey(id, "HS256:"+secret)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := token.NewKeys(key)
		if err != nil {
			t.Fatal(err)
		}
		if c.Expires == nil {
			c.Expires = token.Date(time.Now().Add(time.Hour))
		}
		text, err := keys.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := func(c token.Claims) string { return sign("shop", secret, c) }
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 32))
	now, plain := time.Now(), good(token.Claims{Subject: "s"})
	parts := strings.Split(plain, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"shop"}`))
	const four, six = "203.0.113.7", "2001:db8:1:2::9"
	tests := []struct {
		name, token, path, ip string
		headers               []string
		want                  string
	}{
		{name: "good", token: plain},
		{name: "missing", want: "missing"},
		{name: "another key", token: sign("shop", other, token.Claims{Subject: "s"}), want: "signature"},
		{name: "unknown key", token: sign("else", other, token.Claims{Subject: "s"}), want: "signature"},
		{name: "no algorithm", token: none + "." + parts[1] + ".", want: "signature"},
		{name: "other claims", token: parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"*","exp":4e9}`)) + "." + parts[2], want: "signature"},
		{name: "no token at all", token: "a.b.c", want: "signature"},
		{name: "expired", token: good(token.Claims{Subject: "s", Expires: token.Date(now.Add(-time.Minute))}), want: "expired"},
		{name: "within leeway", token: good(token.Claims{Subject: "s", Expires: token.Date(now.Add(-time.Second))})},
		{name: "early", token: good(token.Claims{Subject: "s", NotBefore: token.Date(now.Add(time.Minute))}), want: "early"},
		{name: "another stream", token: good(token.Claims{Subject: "other ss"}), want: "stream"},
		{name: "several streams", token: good(token.Claims{Subject: "a s b"})},
		{name: "pattern", token: good(token.Claims{Subject: "tour-*"}), path: "/live/tour-1/v.m4s"},
		{name: "pattern of others", token: good(token.Claims{Subject: "tour-*"}), path: "/live/tours/v.m4s", want: "stream"},
		{name: "escaped", token: good(token.Claims{Subject: "서울"}), path: "/live/%EC%84%9C%EC%9A%B8/v.m4s"},
		{name: "recording", token: good(token.Claims{Subject: "s", Recording: "r1"}), path: "/live/s/recordings/r1/index.m3u8"},
		{name: "another recording", token: good(token.Claims{Subject: "s", Recording: "r1"}), path: "/live/s/recordings/r2/index.m3u8", want: "stream"},
		{name: "live with a recording's", token: good(token.Claims{Subject: "s", Recording: "r1"}), want: "stream"},
		{name: "address", token: good(token.Claims{Subject: "s", IP: four})},
		{name: "another address", token: good(token.Claims{Subject: "s", IP: "203.0.113.8"}), want: "address"},
		{name: "network", token: good(token.Claims{Subject: "s", IP: "203.0.112.0/23"})},
		{name: "another network", token: good(token.Claims{Subject: "s", IP: "203.0.114.0/23"}), want: "address"},
		{name: "network of six", token: good(token.Claims{Subject: "s", IP: "2001:db8:1:2::/64"}), ip: six},
		{name: "another network of six", token: good(token.Claims{Subject: "s", IP: "2001:db8:1:3::/64"}), ip: six, want: "address"},
		{name: "six for four", token: good(token.Claims{Subject: "s", IP: four}), ip: six, want: "address"},
		{name: "country", token: good(token.Claims{Subject: "s", Country: []string{"jp", "KR"}}), headers: []string{"cloudfront-viewer-country", "KR"}},
		{name: "another country", token: good(token.Claims{Subject: "s", Country: []string{"JP"}}), headers: []string{"cloudfront-viewer-country", "KR"}, want: "country"},
		{name: "no country", token: good(token.Claims{Subject: "s", Country: []string{"JP"}}), want: "country"},
		{name: "site", token: good(token.Claims{Subject: "s", Referrers: []string{"*.example.com"}}), headers: []string{"referer", "https://a.example.com/x"}},
		{name: "another site", token: good(token.Claims{Subject: "s", Referrers: []string{"*.example.com"}}), headers: []string{"origin", "https://badexample.com"}, want: "referrer"},
		{name: "no site", token: good(token.Claims{Subject: "s", Referrers: []string{"example.com"}}), want: "referrer"},
		{name: "status", path: "/live/s/status.json"},
	}
	var events []map[string]any
	for _, tt := range tests {
		path, ip := tt.path, tt.ip
		if path == "" {
			path = "/live/s/p/v/1.m4s"
		}
		if ip == "" {
			ip = four
		}
		if tt.token != "" {
			path = "/t/" + tt.token + path
		}
		events = append(events, event(path, ip, tt.headers...))
	}
	events = append(events,
		event("/live/s/v.m4s", four, "authorization", "Bearer "+plain), event("/live/s/v.m4s", four, "cookie", plain),
		event("/t/old.a.b/live/s/index.m3u8?x=1&_HLS_part=2&_HLS_msn=7&token="+plain, four), event("/live/s/index.m3u8?token=a.b.c", four))
	answers := runFunction(t, Options{Verify: VerifyNative}, map[string]string{"shop": secret}, events)
	for i, tt := range tests {
		got := field(answers[i], "x-playback-refusal")
		code, refused := answers[i]["statusCode"].(float64)
		if got != tt.want || refused != (tt.want != "") {
			t.Errorf("%s: %v", tt.name, answers[i])
		}
		if refused && int(code) != token.Refusal(tt.want).Status() {
			t.Errorf("%s: %v", tt.name, code)
		}
		if uri, _ := answers[i]["uri"].(string); !refused && (strings.Contains(uri, "/t/") || !strings.HasPrefix(uri, "/live/")) {
			t.Errorf("%s: the origin is asked for %s", tt.name, uri)
		}
	}
	rest := answers[len(tests):]
	for _, a := range rest[:2] {
		if a["uri"] != "/live/s/v.m4s" {
			t.Errorf("%v", a)
		}
	}
	if rest[2]["statusCode"] != 302.0 || field(rest[2], "location") != "/t/"+plain+"/live/s/index.m3u8?_HLS_msn=7&_HLS_part=2" || field(rest[2], "cache-control") != "no-store" {
		t.Errorf("?token=: %v", rest[2])
	}
	if rest[3]["statusCode"] != 401.0 {
		t.Errorf("a forged ?token=: %v", rest[3])
	}
}

// Queries, paths and claims of viewers, without tokens.
func TestCloudFrontFunctionCleans(t *testing.T) {
	tests := []struct{ uri, want, query string }{
		{"/t/a.b.c/live/s/v.m3u8?x=1&end=5&_HLS_msn=7&token=q", "/live/s/v.m3u8", `{"_HLS_msn":{"value":"7"},"end":{"value":"5"}}`},
		{"/t/a.b.c/live/s/chat/index.json?x=1&_HLS_msn=7", "/live/s/chat/index.json", `{"_HLS_msn":{"value":"7"}}`},
		{"/live/s/p/chat/7.json?_HLS_msn=7", "/live/s/p/chat/7.json", `{}`},
		{"/live/s/p/v/1.m4s?x=1&_HLS_msn=1", "/live/s/p/v/1.m4s", `{}`},
		{"/live/s/steering.json?_HLS_pathway=a", "/live/s/steering.json", `{"_HLS_pathway":{"value":"a"}}`},
		{"/steering.json?a=b", "/steering.json", `{"a":{"value":"b"}}`},
		{"/watch/s", "/watch/s", `{}`},
		{"/static/a.js", "/static/a.js", `{}`},
		{"/connection/websocket", "/connection/websocket", `{}`},
		{"/chat/session", "/chat/session", `{}`},
		{"/metrics", "404", ""},
		{"/api/v1/streams", "404", ""},
		{"/playback/authorize", "404", ""},
		{"/live/s/../t/v.m4s", "400", ""},
		{"/live/s/%2E%2e/v.m4s", "400", ""},
		{"/healthz", "200", ""},
	}
	var events []map[string]any
	for _, tt := range tests {
		events = append(events, event(tt.uri, "192.0.2.1", "x-forwarded-for", "6.6.6.6"))
	}
	preflights := map[string]string{ // requested header names to allowed ones
		"cache-control,baggage,sentry-trace": "cache-control,baggage,sentry-trace", "a\"b": "*, Authorization", "": "*, Authorization",
	}
	var requested []string
	for names := range preflights {
		preflight := event("/live/s/v.m3u8", "192.0.2.1", "access-control-request-headers", names)
		preflight["request"].(map[string]any)["method"] = "OPTIONS"
		requested, events = append(requested, names), append(events, preflight)
	}
	answers := runFunction(t, Options{}, nil, events)
	for i, tt := range tests {
		a := answers[i]
		if code, ok := a["statusCode"].(float64); ok {
			if text, _ := json.Marshal(code); string(text) != tt.want {
				t.Errorf("%s: %v", tt.uri, a)
			}
			continue
		}
		query, _ := json.Marshal(a["querystring"])
		if a["uri"] != tt.want || string(query) != tt.query || field(a, "x-forwarded-for") != "" {
			t.Errorf("%s: %v", tt.uri, a)
		}
	}
	for i, names := range requested {
		a := answers[len(tests)+i]
		if a["statusCode"] != 204.0 || field(a, "access-control-allow-methods") == "" || field(a, "access-control-allow-headers") != preflights[names] {
			t.Errorf("preflight for %q: %v", names, a)
		}
	}
}

func TestCloudFrontRefuses(t *testing.T) {
	for want, o := range map[string]Options{
		"use --verify native":  {Origin: "https://a.example", Verify: VerifyOrigin},
		"takes a name":         {Origin: "192.0.2.1:80"},
		"--segment-duration":   {Origin: "a.example:80", SegmentDuration: 20 * time.Second},
		"leave out --tls-cert": {Origin: "a.example:80", TLSCert: "/c", TLSKey: "/k"},
	} {
		o.Listen = ":80"
		if _, err := Generate("cloudfront", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
