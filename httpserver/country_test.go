package httpserver

import (
	"net/http"
	"testing"
)

func TestCountry(t *testing.T) {
	const name = "X-Country"
	for value, want := range map[string]string{"KR": "KR", "jp": "JP", "": "", "K": "", "KOR": "", "K1": "", "k@": "", "{}": "", "é": ""} {
		h := http.Header{}
		h.Set(name, value)
		if got := Country(h, name); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
	if got := Country(http.Header{name: {"KR", "JP"}}, name); got != "" {
		t.Errorf("two headers: %q", got)
	}
	if got := Country(http.Header{name: {"KR"}}, ""); got != "" {
		t.Errorf("without a name: %q", got)
	}
}
