package web

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"time"
	"unicode"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// Show is what everybody may know of a stream that anybody may watch.
type Show struct {
	ID      string
	Name    string
	Live    bool
	Viewers int

	Picture bool // /live/ID/thumbnail.jpg shows something
}

// Shows tells of streams that anybody may watch. Those that need a token are never told
// of: their pages say what a page of no stream says.
type Shows interface {
	Show(ctx context.Context, id string) (Show, bool)
	// OnAir are those on air, the most watched first.
	OnAir(ctx context.Context) []Show
	// Base is the public base URL for somebody who sent the request, for addresses that
	// other sites fetch from.
	Base(r *http.Request) string
}

// Watch is the path of the stream's page.
func (s Show) Watch() string { return "/watch/" + url.PathEscape(s.ID) }

// Thumbnail is the path of the stream's picture, another one each half minute: browsers
// ask for an address that is on the page already only once.
func (s Show) Thumbnail() string {
	return "/live/" + url.PathEscape(s.ID) + "/thumbnail.jpg?t=" + time.Now().UTC().Truncate(30*time.Second).Format("150405")
}

// Language is the language of the name as far as browsers must know it: Korean breaks
// its lines between words.
func (s Show) Language() string {
	for _, r := range s.Name {
		if unicode.Is(unicode.Hangul, r) {
			return "ko"
		}
	}
	return ""
}

// titleMark is where a page's head goes on with what is known of its stream.
var titleMark = []byte("<title>Lightstick</title>")

// headTemplate is what other sites show of a link (the Open Graph protocol, and X's
// cards). It is html/template, which escapes names by where they stand.
var headTemplate = template.Must(template.New("head").Parse(`<title>{{.Show.Name}} · Lightstick</title>
  <meta name="description" content="{{.Description}}">
  <link rel="canonical" href="{{.URL}}">
  <meta property="og:site_name" content="Lightstick">
  <meta property="og:type" content="video.other">
  <meta property="og:title" content="{{.Show.Name}}">
  <meta property="og:description" content="{{.Description}}">
  <meta property="og:url" content="{{.URL}}">
{{- if .Image}}
  <meta property="og:image" content="{{.Image}}">
  <meta property="og:image:type" content="image/jpeg">
  <meta property="og:image:alt" content="{{.Show.Name}}">
  <meta name="twitter:card" content="summary_large_image">
  <meta name="twitter:image" content="{{.Image}}">
{{- else}}
  <meta name="twitter:card" content="summary">
{{- end}}
  <meta name="twitter:title" content="{{.Show.Name}}">
  <meta name="twitter:description" content="{{.Description}}">`))

// watchPage serves the page of a stream with what links to it show.
func watchPage(body []byte, policy string, shows Shows) http.HandlerFunc {
	before, after, marked := bytes.Cut(body, titleMark)
	plain := document{body, policy}
	return func(w http.ResponseWriter, r *http.Request) {
		show, public := shows.Show(r.Context(), r.PathValue("stream"))
		if !marked || !public {
			plain.serve(w, r)
			return
		}
		base := shows.Base(r)
		head := struct {
			Show                    Show
			Description, URL, Image string
		}{show, "Watch " + show.Name + " on Lightstick.", base + show.Watch(), ""}
		if show.Live {
			head.Description = show.Name + " is live now. Watch and chat."
		}
		if show.Picture {
			head.Image = base + "/live/" + url.PathEscape(show.ID) + "/thumbnail.jpg"
		}
		var b bytes.Buffer
		b.Write(before)
		if err := headTemplate.Execute(&b, head); err != nil {
			plain.serve(w, r)
			return
		}
		b.Write(after)
		document{b.Bytes(), policy}.serve(w, r)
	}
}

// listMark is where the list of shows goes.
var listMark = []byte("<!--shows-->")

var listTemplate = template.Must(template.New("shows").Parse(`
{{- if .}}<ul class="shows">
{{- range .}}
  <li><a class="show" href="{{.Watch}}">
    <span class="show-picture">{{if .Picture}}<img src="{{.Thumbnail}}" alt="" width="640" height="360" loading="lazy">{{end}}</span>
    <span class="show-name"{{with .Language}} lang="{{.}}"{{end}}>{{.Name}}</span>
    <span class="show-facts"><span class="chip" data-state="live">Live</span> {{.Viewers}} watching</span>
  </a></li>
{{- end}}
</ul>{{else}}<p class="shows-none">Nothing is on right now. This page shows what begins by itself.</p>{{end}}`))

// showsPage serves the list of shows that are on air.
func showsPage(body []byte, policy string, shows Shows) http.HandlerFunc {
	before, after, _ := bytes.Cut(body, listMark)
	return func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		b.Write(before)
		if err := listTemplate.Execute(&b, shows.OnAir(r.Context())); err != nil {
			httpcache.SetHeader(w.Header(), httpcache.Failure)
			http.Error(w, "the list of shows can't be written", http.StatusInternalServerError)
			return
		}
		b.Write(after)
		document{b.Bytes(), policy}.serve(w, r)
	}
}
