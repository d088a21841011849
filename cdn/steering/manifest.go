package steering

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"github.com/globalfandom/lightstick/internal/cors"
)

// Query parameters. Those of players are RFC 8216bis §7.1's; the seed is ours and
// stands in RELOAD-URI.
const (
	pathwayName = "_HLS_pathway"
	seedName    = "seed"
)

// Header values that every answer shares.
var (
	manifestType = []string{"application/vnd.apple.steering-list"}
	noStore      = []string{"no-store"}
)

// Answer writes the steering manifest (§7.2) for a request with the raw query given,
// from a country or "". Whatever the query says, the answer is valid.
func (d *Director) Answer(w http.ResponseWriter, r *http.Request, country string) {
	seed, pathway := parse(r.URL.RawQuery)
	body := d.manifest(make([]byte, 0, 1024), seed, country)
	d.count(pathway)
	h := w.Header()
	cors.AllowAnyOrigin(h)
	h["Content-Type"] = manifestType
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the player has gone
	}
}

// parse reads the seed, or makes one, and the pathway that the player is on.
func parse(query string) (seed uint64, pathway string) {
	ok := false
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case seedName:
			if n, err := strconv.ParseUint(value, 36, 64); err == nil {
				seed, ok = n, true
			}
		case pathwayName:
			pathway = strings.TrimSuffix(strings.TrimPrefix(value, "%22"), "%22")
		}
	}
	if !ok {
		seed = rand.Uint64()
	}
	return seed, pathway
}

func (d *Director) manifest(b []byte, seed uint64, country string) []byte {
	p := d.plan.Load()
	b = append(b, `{"VERSION":1,"TTL":`...)
	b = append(b, p.ttl...)
	b = append(b, `,"RELOAD-URI":"`...)
	b = append(b, p.reload...)
	b = strconv.AppendUint(b, seed, 36)
	b = append(b, `","PATHWAY-PRIORITY":[`...)
	var buf [maxPathways]place
	order := p.order(seed, country, buf[:0])
	for _, at := range order {
		b = append(append(b, p.names[at.index]...), ',')
	}
	if len(order) > 0 {
		d.firsts[order[0].index].Add(1)
		// The double of the first comes last: who needs doubles was on that one.
		for _, at := range order[1:] {
			b = append(append(b, p.spares[at.index]...), ',')
		}
		b = append(append(b, p.spares[order[0].index]...), ',')
	}
	// Last comes the host that the playlist is from: it has worked before.
	b = append(b, `"`+Base+`"],"PATHWAY-CLONES":`...)
	return append(append(b, p.clones...), '}')
}

// count notes the pathway that a player says to be on.
func (d *Director) count(pathway string) {
	pathway = strings.TrimSuffix(pathway, spareSuffix)
	for i := range d.cfg.Pathways {
		if d.cfg.Pathways[i].Name == pathway {
			d.answers[i].Add(1)
			return
		}
	}
	d.answers[len(d.answers)-1].Add(1)
}
