package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ErrUnreachable reports that there was nothing to check: no answer, an answer that
// is no playlist, or a stream that isn't on air. Try again once it plays.
var ErrUnreachable = errors.New("nothing to check")

// ErrURL reports a URL that is not one of a playlist.
var ErrURL = errors.New("not an http:// or https:// URL")

// ErrHeader reports something that is no header field.
var ErrHeader = errors.New("not a header field")

// Config of a check. Only URL is required.
type Config struct {
	// URL of a multivariant or a media playlist.
	URL string
	// For is how long to watch; 20 s by default.
	For time.Duration
	// Client makes the requests; by default one of its own. Its timeout, if it has
	// one, must be longer than three target durations.
	Client *http.Client
	// Header are further header fields, as "Name: value", for requests to URL's host:
	// what an origin wants to see that only its CDN should reach.
	Header []string
	// Progress is told, about once a second and from one goroutine at a time, how
	// far the watch is; nil: nobody.
	Progress func(Progress)
	// DateTolerance is how far a program date may be from where durations put it; 50
	// ms by default, more than a frame.
	DateTolerance time.Duration
	// Slack is what the network and a busy machine may add to a time before a rule
	// about time counts as broken; 500 ms by default.
	Slack time.Duration
}

// Progress is how far a check is.
type Progress struct {
	Elapsed          time.Duration
	Renditions       int
	Segments, Parts  int // fetched; listed
	Broken, Warnings int // rules so far
}

// The defaults of Config.
const (
	defaultFor           = 20 * time.Second
	defaultDateTolerance = 50 * time.Millisecond
	defaultSlack         = 500 * time.Millisecond
)

// Run watches the stream and reports. It returns when the time is over, when every
// rendition has ended, or when ctx ends, and then with what was seen until then.
// Its errors are ErrURL, ErrHeader and ErrUnreachable.
func Run(ctx context.Context, cfg Config) (Report, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Report{}, fmt.Errorf("%w: %q", ErrURL, cfg.URL)
	}
	if cfg.For <= 0 {
		cfg.For = defaultFor
	}
	if cfg.DateTolerance <= 0 {
		cfg.DateTolerance = defaultDateTolerance
	}
	if cfg.Slack <= 0 {
		cfg.Slack = defaultSlack
	}
	if cfg.Client == nil {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16}
		defer transport.CloseIdleConnections()
		cfg.Client = &http.Client{Transport: transport}
	}
	if cfg.Client, err = decorated(cfg.Client, u.Host, cfg.Header); err != nil {
		return Report{}, err
	}
	w := &watcher{cfg: cfg, fetch: newFetcher(cfg.Client), ledger: newLedger(), url: u, begun: time.Now()}
	watching, cancel := context.WithTimeout(ctx, cfg.For)
	defer cancel()
	if err := w.discover(watching); err != nil {
		return Report{}, err
	}
	if err := w.watch(watching); err != nil {
		return Report{}, err
	}
	return w.report(), nil
}

// report compares what the renditions' goroutines have gathered, and sums up.
func (w *watcher) report() Report {
	all := make([]measured, 0, len(w.renditions))
	sightings := make(map[string][]sighting)
	var claims []claim
	for _, r := range w.renditions {
		if r.iframes {
			continue
		}
		all = append(all, r.measured())
		sightings[r.name] = r.seen
		claims = append(claims, r.claims...)
	}
	tolerance := w.cfg.Slack
	for _, m := range all {
		if m.playlist != nil {
			tolerance = max(tolerance, w.cfg.Slack+m.playlist.PartTarget)
		}
	}
	checkClaims(w.ledger, claims, sightings, tolerance)
	for i := 1; i < len(all); i++ {
		checkInSync(w.ledger, all[i].name, sightings[all[0].name], sightings[all[i].name], tolerance)
	}
	compareRenditions(w.ledger, all, w.cfg.DateTolerance)
	w.checkVariants(all)
	return Report{
		URL: w.url.Redacted(), Begun: w.begun, For: time.Since(w.begun).Seconds(),
		Rules: w.ledger.rules(), Figures: w.figures(all),
	}
}

// checkVariants compares every variant with the media of its renditions.
func (w *watcher) checkVariants(all []measured) {
	if w.multivariant == nil {
		return
	}
	find := func(uri string) (measured, bool) {
		u, err := w.url.Parse(uri)
		if err != nil {
			return measured{}, false
		}
		r := w.rendition(u)
		for _, m := range all {
			if r != nil && m.name == r.name {
				return m, true
			}
		}
		return measured{}, false
	}
	for _, v := range w.multivariant.Variants {
		var audio []measured
		for _, a := range w.multivariant.Media {
			if m, ok := find(a.URI); ok && a.URI != "" && a.Type == "AUDIO" && a.Group == v.Groups["AUDIO"] {
				audio = append(audio, m)
			}
		}
		if own, ok := find(v.URI); ok {
			checkVariant(w.ledger, v, own, audio)
		}
	}
}

func (r *rendition) measured() measured {
	m := measured{name: r.name, playlist: r.latest, facts: r.facts, order: r.order, parts: r.parts}
	if len(r.order) > 0 {
		m.kind = r.facts[r.order[len(r.order)-1]].Kind
	}
	return m
}

func (w *watcher) figures(all []measured) (f Figures) {
	var edges, holds, trips []float64
	for _, r := range w.renditions {
		edges, holds, trips = append(edges, r.edges...), append(holds, r.holds...), append(trips, r.trips...)
	}
	f.EdgeLatency, f.Reload, f.RoundTrip = spread(edges), spread(holds), spread(trips)
	f.Requests, f.Bytes = w.fetch.requests()
	for _, m := range all {
		if m.playlist == nil {
			continue
		}
		f.Renditions = append(f.Renditions, Rendition{
			Name: m.name, Kind: m.kind, Segments: len(m.order),
			TargetDuration: m.playlist.TargetDuration.Seconds(), PartTarget: m.playlist.PartTarget.Seconds(),
			PartDurations: spread(m.parts), PeakBPS: m.peak(), AverageBPS: m.average(),
		})
	}
	return f
}
