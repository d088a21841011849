package cmcd

import (
	"net/http"
	"net/netip"
	"strings"
)

// offer is the CMCD of a media request, not read yet.
type offer struct {
	raw     string // query; "": headers
	headers [len(headerNames)]string
	observed
}

type observed struct {
	stream, country string
	address         netip.Addr
}

// maxOffers is how many wait to be read, 8 kB each at most. More are dropped: a
// sample says as much.
const maxOffers = 1024

// Offer takes the CMCD of a media request, if it has any, without slowing the
// request down: reading is left to Run, and what it can't keep up with is dropped.
func (c *Collector) Offer(r *http.Request, stream, country string, address netip.Addr) {
	o := offer{observed: observed{stream, country, address}}
	switch {
	case InQuery(r.URL.RawQuery):
		// Requests are kept longer than their buffers may be.
		o.raw = strings.Clone(r.URL.RawQuery)
	case InHeaders(r.Header):
		for i, name := range headerNames {
			o.headers[i] = strings.Clone(strings.Join(r.Header[name], ","))
		}
	default:
		return
	}
	o.stream = strings.Clone(stream)
	select {
	case c.offers <- o:
	default:
		c.counts.dropped.Add(1)
	}
}

// take reads an offer.
func (c *Collector) take(o offer) {
	var r Report
	var err error
	if o.raw != "" {
		var ok bool
		if r, ok, err = ParseQuery(o.raw); !ok {
			return // CMCD= was a part of something else
		}
		c.counts.query.Add(1)
	} else {
		r, err = parseHeaders(o.headers)
		c.counts.header.Add(1)
	}
	if err != nil {
		c.counts.rubbish.Add(1)
		return
	}
	c.Observe(Observation{Report: r, Stream: o.stream, Country: o.country, Address: o.address})
}
