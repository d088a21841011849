package token

import "net/http"

// Refusal says why somebody may not watch: one word of a small closed set, which
// players read in the header X-Playback-Refusal and metrics have as a label.
type Refusal string

// The refusals.
const (
	Missing   Refusal = "missing"   // there is no token
	Signature Refusal = "signature" // not a token of ours, or damaged
	Expired   Refusal = "expired"
	Early     Refusal = "early" // not valid yet
	Stream    Refusal = "stream"
	Address   Refusal = "address"
	Country   Refusal = "country"
	Referrer  Refusal = "referrer"
	Screens   Refusal = "screens"
)

// Refusals are all of them, for metrics.
var Refusals = []Refusal{Missing, Signature, Expired, Early, Stream, Address, Country, Referrer, Screens}

var sentences = map[Refusal]string{
	Missing:   "this stream needs a playback token",
	Signature: "the playback token is not valid here",
	Expired:   "the playback token has expired",
	Early:     "the playback token is not valid yet",
	Stream:    "the playback token is for something else",
	Address:   "the playback token is for another network address",
	Country:   "the playback token is not valid in this country",
	Referrer:  "the playback token is not valid on this site",
	Screens:   "the playback token is in use on as many screens as it allows",
}

// Error implements error. It never holds any of the token.
func (r Refusal) Error() string { return sentences[r] }

// Status is the HTTP status code: 401 where another token would help, 403 where this one
// is good but not for that.
func (r Refusal) Status() int {
	switch r {
	case Missing, Signature, Expired, Early:
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}
