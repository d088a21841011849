package app

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	edgeconfig "github.com/globalfandom/lightstick/cdn/edge"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// forwarded are addresses of what edges pass on, by the pattern that HAProxy has for it.
var forwarded = map[string]string{
	"": "/", "watch/.*": "/watch/show", "static/.*": "/static/", "steering[.]json": "/steering.json", "cmcd": "/cmcd",
	"connection/.*": "/connection/websocket", "chat/session": "/chat/session", "api/.*": "/api/openapi.json", "dashboard.*": "/dashboard",
}

// An edge passes on what there is, and no page that was never built.
func TestForwardedPagesExist(t *testing.T) {
	loaded, err := config.Load("", nil, everything)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := NewLogger(&loaded.Config, newLogLines())
	s, err := New(t.Context(), Options{Dir: t.TempDir()}, &loaded.Config, log)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.control.CreateStream(t.Context(), "show", control.StreamSettings{}); err != nil {
		t.Fatal(err)
	}
	text, err := edgeconfig.Generate("haproxy", edgeconfig.Options{Origin: "127.0.0.1:8080", Listen: ":80", API: true})
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`acl page path -m reg '\^/\(([^)]*)\)`).FindSubmatch(text)
	if match == nil {
		t.Fatal("HAProxy's pattern for pages was not found")
	}
	pages, err := fs.Glob(os.DirFS("../web/dist/static"), "watch-*.js")
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range strings.SplitSeq(string(match[1]), "|") {
		path, known := forwarded[pattern]
		if !known {
			t.Errorf("%s is forwarded: name an address of it, to see that it is there", pattern)
			continue
		}
		if path == "/static/" {
			if len(pages) == 0 {
				continue // the pages were not built
			}
			path += pages[0]
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code == http.StatusNotFound {
			t.Errorf("%s is forwarded and not there", path)
		}
	}
}
