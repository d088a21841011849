package edge

import (
	"regexp"
	"strings"
	"testing"
)

// Fastly can't be run here: what can be said of its VCL by reading it.
func TestFastlyReads(t *testing.T) {
	for _, verify := range []Verify{VerifyNone, VerifyNative} {
		text, err := Generate("fastly", Options{Origin: "https://origin.example", Listen: ":80", Verify: verify, Secret: "newkey77"})
		if err != nil {
			t.Fatal(err)
		}
		vcl := string(text)
		for _, macro := range []string{"recv", "hash", "hit", "miss", "pass", "fetch", "deliver", "error", "log"} {
			if !strings.Contains(vcl, "sub vcl_"+macro+" {\n#FASTLY "+macro+"\n") {
				t.Errorf("%s: vcl_%s lacks Fastly's own part", verify, macro)
			}
		}
		code := regexp.MustCompile(`(?s)\{"[^\n]*?"\}|"[^"\n]*"|#[^\n]*`).ReplaceAllString(vcl, "")
		depth := 0
		for _, c := range code {
			switch c {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 {
			t.Errorf("%s: braces don't match", verify)
		}
		if native := strings.Contains(vcl, "call edge_verify;"); native != (verify == VerifyNative) {
			t.Errorf("%s: tokens are checked: %v", verify, native)
		}
		// In double quotes, Fastly takes %XX for a byte.
		for _, quoted := range regexp.MustCompile(`"[^"\n]*"`).FindAllString(regexp.MustCompile(`(?m)\{".*"\}|#.*$`).ReplaceAllString(vcl, ""), -1) {
			if regexp.MustCompile(`%[0-9a-fA-F]`).MatchString(quoted) {
				t.Errorf("%s: %s holds an escape", verify, quoted)
			}
		}
	}
	if _, err := Generate("fastly", Options{Origin: "a.example:80", Listen: ":80", Verify: VerifyOrigin}); err == nil || !strings.Contains(err.Error(), "use --verify native") {
		t.Errorf("%v", err)
	}
}
