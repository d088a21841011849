package cmcd

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// Handler takes the events that players POST. Content-Type means nothing to it:
// navigator.sendBeacon can send none but text/plain without asking first.
type Handler struct {
	// Collector gets the reports; nil: answers 410, at which players stop sending
	// (CTA-5004-B).
	Collector *Collector
	// Address is that of the viewer, not of a proxy.
	Address func(*http.Request) netip.Addr
	// Country is where the viewer is, or ""; nil: nobody knows.
	Country func(*http.Request) string
	// Rate is how many POSTs a second an address may make, for long; three seconds'
	// worth at once. 0: any number.
	Rate int

	once    sync.Once
	limiter *ratelimit.Limiter
}

// methods are those that are answered.
const methods = "POST, OPTIONS"

// ServeHTTP implements http.Handler. What can't be read is counted, not refused: a
// player could do nothing about it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	cors.AllowAnyOrigin(header)
	header["Cache-Control"] = []string{"no-store"}
	switch {
	case r.Method == http.MethodOptions:
		cors.Preflight(w, r, methods)
	case r.Method != http.MethodPost:
		header.Set("Allow", methods)
		http.Error(w, "send events by POST", http.StatusMethodNotAllowed)
	case h.Collector == nil:
		http.Error(w, "this server takes no reports; stop sending them", http.StatusGone)
	default:
		h.receive(w, r)
	}
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request) {
	n := &h.Collector.counts
	address := h.Address(r)
	if h.Rate > 0 && !h.allowed(address) {
		n.limited.Add(1)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many reports come from this address; send fewer, each with more events", http.StatusTooManyRequests)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			n.tooLarge.Add(1)
			http.Error(w, "a report may have 64 kB; send several", http.StatusRequestEntityTooLarge)
		}
		return // else the player has gone
	}
	reports, rubbish := ParseBody(body)
	n.event.Add(uint64(len(reports)))
	n.rubbish.Add(uint64(rubbish))
	country := ""
	if h.Country != nil {
		country = h.Country(r)
	}
	for _, report := range reports {
		h.Collector.Observe(Observation{Report: report, Country: country, Address: address})
	}
	w.WriteHeader(http.StatusNoContent)
}

// maxAddresses is how many addresses have a limit of their own at once.
const maxAddresses = 50_000

// allowed takes from the limit of an address. All addresses that are not known share one.
func (h *Handler) allowed(address netip.Addr) bool {
	h.once.Do(func() {
		h.limiter = ratelimit.New(ratelimit.Config{Address: ratelimit.Rate{Burst: 3 * h.Rate, Per: 3 * time.Second}, Max: maxAddresses})
	})
	if !address.IsValid() {
		address = netip.IPv6Unspecified()
	}
	_, ok := h.limiter.Take(time.Now(), ratelimit.Who{Address: address})
	return ok
}
