package edge

import (
	"errors"
	"flag"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the files that are compared")

// The configuration that docker-compose.yml mounts is what the command prints.
func TestDeployedConfiguration(t *testing.T) {
	text, err := Generate("varnish", Options{Origin: "lightstick:8080", Listen: ":80", Verify: VerifyOrigin})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "deploy", "varnish", "default.vcl")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != string(text) {
		t.Errorf("%s is not what the generator writes (%v): go test ./cdn/edge -update", file, err)
	}
}

// Nothing that an option holds can become a directive.
func TestOptionsAreChecked(t *testing.T) {
	good := Options{Origin: "127.0.0.1:8080", Listen: "127.0.0.1:80"}
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no origin", func(o *Options) { o.Origin = "" }, "--origin: missing: give HOST:PORT"},
		{"no port", func(o *Options) { o.Origin = "origin" }, "is not HOST:PORT"},
		{"port 0", func(o *Options) { o.Origin = "origin:0" }, "1 to 65535"},
		{"port 99999", func(o *Options) { o.Listen = ":99999" }, "1 to 65535"},
		{"directive in the host", func(o *Options) { o.Origin = "a;b{}:80" }, "neither a name nor an IP address"},
		{"line end in the host", func(o *Options) { o.Origin = "a\nb:80" }, "neither a name nor an IP address"},
		{"address with zone", func(o *Options) { o.Listen = "[fe80::1%eth0]:80" }, "zone"},
		{"path of the origin", func(o *Options) { o.Origin = "https://cdn.example/path" }, "neither a name nor an IP address"},
		{"quote in the secret", func(o *Options) { o.Secret = `a"b` }, "the secret has characters"},
		{"variable in the secret", func(o *Options) { o.Secret = "a$b" }, "the secret has characters"},
		{"directive in the directory", func(o *Options) { o.Dir = "/a;b" }, "--dir"},
		{"directive in the header", func(o *Options) { o.SecretHeader = "X y" }, "--secret-header"},
		{"size", func(o *Options) { o.CacheSize = "1" }, "--cache-size"},
		{"user", func(o *Options) { o.User = "a b" }, "--user"},
		{"name", func(o *Options) { o.Name = "a|.*" }, "--name"},
		{"half of TLS", func(o *Options) { o.TLSCert = "/c.pem" }, "--tls-cert and --tls-key belong together"},
		{"absurd parts", func(o *Options) { o.PartDuration = time.Hour }, "--part-duration"},
	}
	for _, product := range Products() {
		for _, tt := range tests {
			o := good
			tt.change(&o)
			text, err := Generate(product, o)
			if !errors.Is(err, errOption) || !strings.Contains(err.Error(), tt.want) || text != nil {
				t.Errorf("%s, %s: %v; want %q", product, tt.name, err, tt.want)
			}
			if err != nil && o.Secret != "" && strings.Contains(err.Error(), o.Secret) {
				t.Errorf("%s, %s: the error shows the secret", product, tt.name)
			}
		}
	}
}

// What a product can't do is said, with what can be done instead.
func TestProductsRefuseWhatTheyCannot(t *testing.T) {
	for _, tt := range []struct {
		product string
		options Options
		want    string
	}{
		{"nginx", Options{Verify: VerifyNative}, "use --verify origin"},
		{"nginx", Options{Listen: "edge.example:80"}, "give --listen ADDRESS:PORT"},
		{"varnish", Options{Verify: VerifyNative}, "use --verify origin"},
		{"varnish", Options{Origin: "https://origin.example"}, "does not speak TLS"},
		{"varnish", Options{TLSCert: "/c", TLSKey: "/k"}, "does not speak TLS"},
		{"apache", Options{}, "use one of nginx, varnish"},
	} {
		if tt.options.Origin == "" {
			tt.options.Origin = "127.0.0.1:8080"
		}
		if tt.options.Listen == "" {
			tt.options.Listen = ":80"
		}
		if _, err := Generate(tt.product, tt.options); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %+v: %v; want %q", tt.product, tt.options, err, tt.want)
		}
	}
}

// nginx picks a server by (crc32 >> 16) & 0x7fff, modulo their number.
func TestWordsPickServers(t *testing.T) {
	v := &values{}
	for word, want := range map[string]uint32{v.Onward(): 0, v.Later(): 1} {
		if got := crc32.ChecksumIEEE([]byte(word)) >> 16 & 0x7fff % 2; got != want {
			t.Errorf("%q picks server %d, want %d", word, got, want)
		}
	}
}

// No chain takes more than the ten redirects that nginx allows: one into it, one out of it.
func TestChainsFit(t *testing.T) {
	for _, part := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond, time.Second} {
		for _, w := range waits(part) {
			if len(w.Rounds)+2 > 10 {
				t.Errorf("%v: %s has %d rounds", part, w.Name, len(w.Rounds))
			}
		}
	}
}

func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{"127.0.0.1:80", ":80", "[::1]:443", "https://a.b", "http://[::1]", "a:b:c", "https://a.b:0/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := parseOrigin(text); err == nil && strings.ContainsAny(a.String(), " \t\r\n;{}\"'\\$#") {
			t.Errorf("%q became %q", text, a)
		}
	})
}

// Secrets are there where they must be, and nowhere else.
func TestSecrets(t *testing.T) {
	o := Options{Origin: "origin.example:8080", Listen: ":80", Secret: "newkey77 oldkey88", SecretFile: "/run/secret"}
	for _, product := range Products() {
		text, err := Generate(product, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(text), "newkey77"); got != (product == "nginx") {
			t.Errorf("%s: the secret is there: %v", product, got)
		}
		if strings.Contains(string(text), "oldkey88") {
			t.Errorf("%s: the old secret is there", product)
		}
	}
}
