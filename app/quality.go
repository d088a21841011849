package app

import (
	"context"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/steering"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/media"
)

// quality is what players report, and what follows from it: where they are sent.
type quality struct {
	collector *cmcd.Collector    // nil: off
	director  *steering.Director // nil: no pathways
	handler   *cmcd.Handler
	url       string                     // base URL of the steering server; "": relative
	country   func(*http.Request) string // where a viewer is, or ""
}

// newQuality makes the parts that are configured; exists tells whether there is a
// stream.
func newQuality(s *Server, exists func(id string) bool) *quality {
	cfg := s.cfg
	pathways := cfg.Steering.Pathways
	q := &quality{url: strings.TrimSuffix(cfg.Steering.URL, "/"), country: viewerCountry(cfg)}
	q.handler = &cmcd.Handler{Rate: cfg.CMCD.Rate, Address: httpserver.ClientAddr, Country: q.country}
	if cfg.CMCD.Enabled {
		names := make([]string, len(pathways))
		for i, p := range pathways {
			names[i] = p.Name
		}
		q.collector = cmcd.New(cmcd.Config{CDNs: names, Stream: exists, OnDelivered: s.costs.reported})
		q.handler.Collector = q.collector
		s.metrics.MustRegister(q.collector)
	}
	if len(pathways) == 0 {
		return q
	}
	config := steering.Config{Settings: cfg.Steering, Log: s.log}
	if q.collector != nil {
		config.Health = func(name string) steering.Health { return steering.Health(q.collector.Health(name)) }
	}
	q.director = steering.New(config)
	s.metrics.MustRegister(q.director)
	return q
}

// Run keeps both until ctx ends.
func (q *quality) Run(ctx context.Context) error {
	var g errgroup.Group
	if q.collector != nil {
		g.Go(func() error { return q.collector.Run(ctx) })
	}
	if q.director != nil {
		g.Go(func() error { return q.director.Run(ctx) })
	}
	return g.Wait()
}

// uri is the steering server as playlists name it; "": none.
func (q *quality) uri() string {
	switch {
	case q.director == nil:
		return ""
	case q.url == "":
		return "steering.json" // beside the playlist
	}
	return q.url + "/steering.json"
}

// report is what the origin calls with requests that carry CMCD; nil: off.
func (q *quality) report() func(*http.Request, media.StreamID) {
	if q.collector == nil {
		return nil
	}
	return func(r *http.Request, id media.StreamID) {
		q.collector.Offer(r, string(id), q.country(r), httpserver.ClientAddr(r))
	}
}

// viewers tells how many players report that they watch a stream live; nil: off.
func (q *quality) viewers() func(media.StreamID) int {
	if q.collector == nil {
		return nil
	}
	return func(id media.StreamID) int { return q.collector.Viewers(string(id)) }
}

// steer answers players who ask for steering; nil: no pathways.
func (q *quality) steer() http.Handler {
	if q.director == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { q.director.Answer(w, r, q.country(r)) })
}

// register adds the routes outside the streams' own.
func (q *quality) register(mux *http.ServeMux) {
	mux.Handle("/cmcd", q.handler)
	if steer := q.steer(); steer != nil {
		mux.Handle("GET /steering.json", steer)
		mux.HandleFunc("OPTIONS /steering.json", func(w http.ResponseWriter, r *http.Request) { cors.Preflight(w, r, "GET, HEAD, OPTIONS") })
	}
}

// mediaOrigins are where the watch page may fetch from besides its own host.
func (q *quality) mediaOrigins() []string {
	if q.director == nil {
		return nil
	}
	var list []string
	for _, v := range q.director.Pathways() {
		list = append(list, v.URL)
	}
	if q.url != "" {
		list = append(list, q.url)
	}
	return list
}
