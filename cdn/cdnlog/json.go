package cdnlog

import (
	"bytes"
	"encoding/json"
	"time"
)

// lines reads one JSON object a line. Each fact may have the names that our edges,
// Fastly's usual formats and CloudFront's version 2 give it, so that one parser does
// for all; numbers may be texts.
type lines struct {
	raw  fields
	last []byte // the last time's text, and what it means: many lines are of one second
	when time.Time
}

type fields struct {
	Time      scalar `json:"time"`
	Timestamp scalar `json:"timestamp"`
	TimeStart scalar `json:"time_start"`
	Date      scalar `json:"date"` // with time, as CloudFront has it

	URI     scalar `json:"uri"`
	URL     scalar `json:"url"`
	URIStem scalar `json:"cs-uri-stem"`

	Status         scalar `json:"status"`
	ResponseStatus scalar `json:"response_status"`
	SCStatus       scalar `json:"sc-status"`

	Bytes     scalar `json:"bytes"`
	RespBytes scalar `json:"resp_bytes"`
	SCBytes   scalar `json:"sc-bytes"`

	Cache         scalar `json:"cache"`
	FastlyState   scalar `json:"fastly_state"`
	ResponseState scalar `json:"response_state"`
	Result        scalar `json:"x-edge-result-type"`

	Country     scalar `json:"country"`
	CountryCode scalar `json:"geo_country_code"`
	CCountry    scalar `json:"c-country"`
}

// scalar is a text, or a number as it is written; nothing for anything else.
type scalar []byte

// UnmarshalJSON implements json.Unmarshaler. Texts without escapes, which are nearly
// all, are taken as they are.
func (s *scalar) UnmarshalJSON(b []byte) error {
	*s = nil
	if len(b) == 0 {
		return nil
	}
	switch c := b[0]; {
	case c == '"' && bytes.IndexByte(b, '\\') < 0:
		*s = b[1 : len(b)-1]
	case c == '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*s = scalar(text)
	case c == '-' || c >= '0' && c <= '9':
		*s = b
	}
	return nil
}

// first is the first that is there; "-" is none.
func first(all ...scalar) []byte {
	for _, s := range all {
		if len(s) > 0 && string(s) != "-" {
			return s
		}
	}
	return nil
}

func (p *lines) parse(line []byte, e *entry) error {
	f := &p.raw
	*f = fields{}
	if !f.scan(line) {
		*f = fields{}
		if err := json.Unmarshal(line, f); err != nil {
			return errJSON
		}
	}
	var err error
	if e.at, err = p.at(f); err != nil {
		return err
	}
	var ok bool
	if e.bytes, ok = parseInt(first(f.SCBytes, f.Bytes, f.RespBytes)); !ok {
		return errBytes
	}
	if e.path = pathOf(first(f.URI, f.URL, f.URIStem)); len(e.path) == 0 {
		return errPath
	}
	if s := first(f.Status, f.ResponseStatus, f.SCStatus); s != nil && !isStatus(s) {
		return errStatus
	}
	e.hit, e.cached = isHit(first(f.Cache, f.FastlyState, f.ResponseState, f.Result))
	e.country = country(first(f.CCountry, f.CountryCode, f.Country))
	return nil
}

func (p *lines) at(f *fields) (time.Time, error) {
	text := first(f.Time, f.Timestamp, f.TimeStart)
	if len(f.Date) > 0 && len(f.Time) > 0 {
		text = []byte(string(f.Date) + "T" + string(f.Time) + "Z")
	}
	if len(text) > 0 && bytes.Equal(text, p.last) {
		return p.when, nil
	}
	t, err := parseTime(string(text))
	if err == nil {
		p.last, p.when = append(p.last[:0], text...), t
	}
	return t, err
}
