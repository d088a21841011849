package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// fakeShows are public streams by ID; all others are secret, or there are none.
type fakeShows struct {
	public map[string]Show
	base   string
}

func (f fakeShows) Show(_ context.Context, id string) (Show, bool) {
	s, ok := f.public[id]
	return s, ok
}

func (f fakeShows) OnAir(context.Context) (list []Show) {
	for _, s := range f.public {
		if s.Live {
			list = append(list, s)
		}
	}
	return list
}

func (f fakeShows) Base(*http.Request) string { return f.base }

const watchHTML = `<!doctype html><html><head><title>Lightstick</title><link rel="x"></head><body>page</body></html>`

func get(t *testing.T, h http.HandlerFunc, stream string) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	r := httptest.NewRequest("GET", "/watch/x", nil)
	r.SetPathValue("stream", stream)
	w := httptest.NewRecorder()
	h(w, r)
	tree, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, tree
}

// metas are the contents of a page's meta elements by name or property, and its title.
func metas(n *html.Node) map[string]string {
	found := make(map[string]string)
	for n := range n.Descendants() {
		switch n.Data {
		case "title":
			found["title"] = n.FirstChild.Data
		case "meta":
			var key, content string
			for _, a := range n.Attr {
				switch a.Key {
				case "name", "property":
					key = a.Val
				case "content":
					content = a.Val
				}
			}
			found[key] = content
		}
	}
	return found
}

// elements counts a page's elements by name.
func elements(n *html.Node) map[string]int {
	count := make(map[string]int)
	for n := range n.Descendants() {
		if n.Type == html.ElementNode {
			count[n.Data]++
		}
	}
	return count
}

const (
	hostile     = `"><script>alert(1)</script><img src=x onerror=alert(2)>' & 공연`
	hostileBase = `http://evil"><script>alert(3)</script>`
)

func TestLinksShowThePublicShow(t *testing.T) {
	shows := fakeShows{base: "https://live.example.com", public: map[string]Show{
		"show":  {ID: "show", Name: "겨울 콘서트", Live: true, Picture: true},
		"sound": {ID: "sound", Name: "Radio", Live: true},
		"over":  {ID: "over", Name: "Yesterday", Picture: true},
		"evil":  {ID: "evil", Name: hostile, Live: true, Picture: true},
	}}
	for _, tt := range []struct {
		stream string
		want   map[string]string
	}{
		{"show", map[string]string{
			"title": "겨울 콘서트 · Lightstick", "og:title": "겨울 콘서트", "og:type": "video.other", "og:url": "https://live.example.com/watch/show",
			"og:image": "https://live.example.com/live/show/thumbnail.jpg", "twitter:card": "summary_large_image",
			"twitter:image": "https://live.example.com/live/show/thumbnail.jpg", "description": "겨울 콘서트 is live now. Watch and chat.",
		}},
		{"sound", map[string]string{"og:title": "Radio", "og:image": "", "twitter:card": "summary"}},
		{"over", map[string]string{"description": "Watch Yesterday on Lightstick.", "og:image": "https://live.example.com/live/over/thumbnail.jpg"}},
		{"evil", map[string]string{"title": hostile + " · Lightstick", "og:title": hostile}},
		{"secret", map[string]string{"title": "Lightstick", "og:title": "", "og:image": "", "description": ""}},
	} {
		w, tree := get(t, watchPage([]byte(watchHTML), "default-src 'none'", shows), tt.stream)
		got := metas(tree)
		for key, want := range tt.want {
			if got[key] != want {
				t.Errorf("%s: %s is %q, want %q", tt.stream, key, got[key], want)
			}
		}
		if n := elements(tree); n["script"] != 0 || n["img"] != 0 || n["title"] != 1 || n["body"] != 1 {
			t.Errorf("%s: %v\n%s", tt.stream, n, w.Body)
		}
		if w.Header().Get("Content-Security-Policy") != "default-src 'none'" || w.Header().Get("Etag") == "" {
			t.Errorf("%s: %v", tt.stream, w.Header())
		}
	}
}

func TestLinksSurviveAHostileHost(t *testing.T) {
	shows := fakeShows{base: hostileBase, public: map[string]Show{"show": {ID: "show", Name: "Show", Live: true, Picture: true}}}
	w, tree := get(t, watchPage([]byte(watchHTML), "", shows), "show")
	if n := elements(tree); n["script"] != 0 {
		t.Errorf("%v\n%s", n, w.Body)
	}
}

func TestShowsAreListed(t *testing.T) {
	page := []byte(`<!doctype html><html><body><div id="shows"><!--shows--></div></body></html>`)
	w, tree := get(t, showsPage(page, "", fakeShows{public: map[string]Show{
		"evil": {ID: "evil", Name: hostile, Live: true, Picture: true, Viewers: 3}, "off": {ID: "off", Name: "Off"},
	}}), "")
	n := elements(tree)
	if n["a"] != 1 || n["script"] != 0 || n["img"] != 1 || !strings.Contains(w.Body.String(), "3 watching") || !strings.Contains(w.Body.String(), `lang="ko"`) {
		t.Errorf("%v\n%s", n, w.Body)
	}
	if strings.Contains(w.Body.String(), ">Off<") {
		t.Error("a show that is not on air is listed")
	}
	w, _ = get(t, showsPage(page, "", fakeShows{}), "")
	if !strings.Contains(w.Body.String(), "Nothing is on right now") {
		t.Errorf("empty: %s", w.Body)
	}
}
