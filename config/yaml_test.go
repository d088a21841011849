package config

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/internal/setting"
)

// loadYAML reads a file and nothing else.
func loadYAML(t *testing.T, text string) (*Loaded, error) {
	t.Helper()
	return Load(write(t, text), nil, nil)
}

func TestScalarsKeepTheirText(t *testing.T) {
	for text, want := range map[string]string{
		"0123456701234567": "0123456701234567", "0x1F00000000000000": "0x1F00000000000000", "0b1010101010": "0b1010101010",
		"0o17171717171": "0o17171717171", "1_000_000_000": "1_000_000_000", "+1234567890": "+1234567890", "-123456789": "-123456789",
		"1e1000000000": "1e1000000000", "12345678901234567890123456789": "12345678901234567890123456789", "1234567890.50": "1234567890.50",
		"2026-11-30": "2026-11-30", "12:30:45.000": "12:30:45.000", `"quoted\t123 "`: "quoted\t123 ", "'it''s 12345'": "it's 12345",
		"  0123456701 # comment": "0123456701", "!!str 0123456701": "0123456701", "&anchor 0123456701": "0123456701",
	} {
		l, err := loadYAML(t, "srt: {latency: 100ms}\nsrt.passphrase: "+text+"\n")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(l.SRT.Passphrase); got != want {
			t.Errorf("%s becomes %q", text, got)
		}
	}
	l, err := loadYAML(t, "storage:\n  s3:\n    bucket: 00123\n    prefix: yes\n    path_style: true\nhls: {part_hold_back: 2.50}\nchat:\n  # retention: 1h\n")
	if err != nil {
		t.Fatal(err)
	}
	if s := l.Storage.S3; s.Bucket != "00123" || s.Prefix != "yes" || !s.PathStyle || l.HLS.PartHoldBack != 2.5 {
		t.Errorf("%+v %v", s, l.HLS.PartHoldBack)
	}
}

// TestOwnersGetWhatIsWritten: what looks like a number stays the text that it is, and a map
// is a map.
func TestOwnersGetWhatIsWritten(t *testing.T) {
	l, err := loadYAML(t, `
srt: {passphrase: 0123456701234567}
api: {token: 0x1F00000000000000}
chat:
  token_key: 0o1234567012345670123456701234567012
  webhook: https://classifier.example.com
  webhook_secret: 0123456701234567
  emotes:
    wave: https://cdn.example.com/wave.png
cost:
  origin_per_gb: 0.090
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ key, got, want string }{
		{"srt.passphrase", string(l.SRT.Passphrase), "0123456701234567"}, {"api.token", string(l.API.Token), "0x1F00000000000000"},
		{"chat.token_key", string(l.Chat.Tokens.TokenKey), "0o1234567012345670123456701234567012"},
		{"chat.webhook_secret", string(l.Chat.Webhook.Secret), "0123456701234567"},
		{"chat.emotes", l.Chat.Rooms.Emotes["wave"], "https://cdn.example.com/wave.png"},
		{"cost.origin_per_gb", l.Cost.OriginPerGB.Money.String(), "0.09"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.key, tt.got, tt.want)
		}
	}
}

func TestListsAndMaps(t *testing.T) {
	for name, text := range map[string]string{
		"block": `
chat:
  emotes:
    wave: https://cdn.example.com/wave.png
    "007": https://cdn.example.com/7.png
  origins:
    - https://a.example.com
    - https://b.example.com
  reactions: [heart, star]
  links: [a.example.com, b.example.com]
rtsp:
  pull:
    - cam1=rtsp://h/1?a=b
    - cam2: rtsp://h/2
http:
  trusted_proxies: [10.0.0.0/8, loopback]
cdn:
  secret:
    - 0123456701234567
    - 0x1F0123456701234567
transcode:
  ladder: [720p, 480p, audio]
steering: {pathways: {one: "https://one.example.com", two: "https://two.example.com"}}
`,
		"as in the environment": `
chat.emotes: wave=https://cdn.example.com/wave.png 007=https://cdn.example.com/7.png
chat.origins: https://a.example.com https://b.example.com
chat.reactions: heart star
chat.links: a.example.com b.example.com
rtsp.pull: cam1=rtsp://h/1?a=b cam2=rtsp://h/2
http.trusted_proxies: 10.0.0.0/8 loopback
cdn.secret: 0123456701234567 0x1F0123456701234567
transcode.ladder: 720p,480p,audio
steering.pathways: one=https://one.example.com two=https://two.example.com
`,
		"with anchors": `
chat:
  emotes: &emotes {wave: &wave https://cdn.example.com/wave.png, "007": https://cdn.example.com/7.png}
  origins: [&a https://a.example.com, https://b.example.com]
  reactions: [heart, star]
  links: [a.example.com, b.example.com]
rtsp: {pull: [cam1=rtsp://h/1?a=b, cam2=rtsp://h/2]}
http: {trusted_proxies: 10.0.0.0/8 loopback}
cdn: {secret: [0123456701234567, 0x1F0123456701234567]}
transcode: {ladder: [720p, 480p, audio]}
steering: {pathways: [one: "https://one.example.com", two: "https://two.example.com"]}
`,
	} {
		t.Run(name, func(t *testing.T) {
			l, err := loadYAML(t, text)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"wave": "https://cdn.example.com/wave.png", "007": "https://cdn.example.com/7.png"}
			if !maps.Equal(l.Chat.Rooms.Emotes, want) {
				t.Errorf("chat.emotes: %v", l.Chat.Rooms.Emotes)
			}
			if p := l.Pull.Cameras; len(p) != 2 || p["cam1"] != "rtsp://h/1?a=b" || p["cam2"] != "rtsp://h/2" {
				t.Errorf("rtsp.pull: %d, %q, %q", len(p), string(p["cam1"]), string(p["cam2"]))
			}
			if !slices.Equal(l.CDN.Secrets, []setting.Secret{"0123456701234567", "0x1F0123456701234567"}) {
				t.Error("cdn.secret was changed")
			}
			for key, want := range map[string]string{
				"chat.origins": "https://a.example.com https://b.example.com", "chat.reactions": "heart star",
				"chat.links": "a.example.com b.example.com", "http.trusted_proxies": "10.0.0.0/8 loopback", "transcode.ladder": "720p,480p,audio",
			} {
				if got := l.find(key).String(); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
			if !l.Chat.Rooms.Origins.Allow("https://b.example.com") || !slices.Equal(l.Chat.Rooms.Reactions, []string{"heart", "star"}) ||
				!slices.Equal(l.Chat.Filter.Links, []string{"a.example.com", "b.example.com"}) || len(l.HTTP.TrustedProxies) != 3 || l.Transcode.Ladder.String() != "720p,480p,audio" {
				t.Errorf("%v %v %v %v", l.Chat.Rooms, l.Chat.Filter, l.HTTP.TrustedProxies, l.Transcode.Ladder)
			}
			if p := l.Steering.Pathways; len(p) != 2 || p[0].URL.String() != "https://one.example.com" || p[1].URL.String() != "https://two.example.com" {
				t.Errorf("steering.pathways: %v", p)
			}
		})
	}
}

// Settings whose help speaks of several values can be a list or a map, and no others.
func TestWhichSettingsAreLists(t *testing.T) {
	for _, e := range newLoaded().entries {
		several := strings.Contains(e.Help, "separated by") || e.Key == "transcode.ladder" || e.Key == "http.trusted_proxies"
		if several != e.IsList() {
			t.Errorf("%s: is a list: %v; its help: %s", e.Key, e.IsList(), e.Help)
		}
	}
}

func TestErrorsOfFilesNameTheLine(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string // of the error
	}{
		{"unknown key", "http:\n  listen: :1\n  listn: :80\n", []string{":3: ", `"http.listn"`, `did you mean "http.listen"`}},
		{"unknown key, further off", "chat:\n  emoticons: {a: b}\n", []string{":2: ", `"chat.emoticons.a"`, "chat.emotes"}},
		{"unknown group", "htp: {listen: x}\n", []string{":1: ", `did you mean "http.listen"`}},
		{"a value for a group", "http: 5\n", []string{":1: ", "group of keys"}},
		{"pairs for one value", "http:\n  listen:\n    a: b\n", []string{":3: ", `"http.listen.a"`}},
		{"a list for one value", "http:\n  listen: [hush]\n", []string{":2)", "http.listen", "a list"}},
		{"an item with a space", "http:\n  trusted_proxies: ['10.0.0.0/8 hush']\n", []string{":2)", "http.trusted_proxies", "a space"}},
		{"an item with a comma", "transcode:\n  ladder: ['720p,480p']\n", []string{":2)", "transcode.ladder", `","`}},
		{"a list in a list", "chat:\n  origins: [[hush]]\n", []string{"line 2", "chat.origins", "one value"}},
		{"pairs in pairs", "chat:\n  emotes:\n    wave: {a: hush}\n", []string{"line 3", "chat.emotes", "one value"}},
		{"a name with a space", "chat:\n  emotes:\n    wave hush: https://h\n", []string{"line 3", "chat.emotes"}},
		{"wrong value", "hls:\n  window: thirty\n", []string{"hls.window", `"thirty"`, ":2)"}},
		{"set twice", "http.listen: :1\nhttp:\n  listen: :2\n", []string{":3: ", "http.listen", "line 1"}},
		{"key twice", "http:\n  listen: :1\n  listen: :2\n", []string{"line 3", "already defined"}},
		{"broken", "srt:\n  passphrase: hush-hush-hush\n  latency: [\n", []string{"not valid YAML", "line"}},
		{"not a mapping", "hush\n", []string{"not a mapping"}},
		{"a list of nothing", "- hush\n", []string{"not a mapping"}},
		{"two documents", "http.listen: :1\n---\nhttp.listen: :2\n", []string{"several YAML documents"}},
		{"merge", "a: &a {listen: hush}\nhttp:\n  <<: *a\n", []string{"line 3", "<<"}},
		{"alias of nothing", "http: {listen: *hush}\n", []string{"line 1", "alias"}},
		{"alias of itself", "http: &hush {listen: *hush}\n", []string{"line 1"}},
		{"strange tag", "http: {listen: !hush x}\n", []string{"line 1", "tag"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadYAML(t, tt.yaml)
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, want := range append(tt.want, "lightstick.yaml") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("%q shows a value", err)
			}
		})
	}
}

// Aliases can make much of little.
func TestAliasesAreBounded(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 10) + "]\n"
	}
	if _, err := loadYAML(t, bomb); err == nil {
		t.Error("was accepted")
	}
	deep := "http: " + strings.Repeat("{a: ", 200) + "x" + strings.Repeat("}", 200)
	if _, err := loadYAML(t, deep); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("%v", err)
	}
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte("http:\n  listen: :8080\n"))
	f.Add([]byte("rtsp:\n  pull:\n    a: b\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("http: &a {listen: *a}"))
	f.Add([]byte("chat: {emotes: [a: b, c=d], origins: !!seq [x, &y z, *y]}"))
	f.Add([]byte("hls: |\n  text\n? key\n: value\n"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		l := newLoaded()
		values, err := parseYAML(text, func(key string) bool { e := l.find(key); return e != nil && e.IsMap() })
		if err == nil {
			l.applyGiven(values, "fuzz")
			l.decode()
		}
	})
}
