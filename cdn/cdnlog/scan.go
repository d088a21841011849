package cdnlog

import "bytes"

// scan reads a flat object of texts without escapes, numbers and literals, which is
// what logs hold; several times faster than encoding/json. false means that the line is
// something else, and that encoding/json must judge it.
func (f *fields) scan(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return false
	}
	rest := bytes.TrimSpace(line[1 : len(line)-1])
	if len(rest) == 0 {
		return true
	}
	for {
		name, after, ok := quoted(rest)
		if !ok {
			return false
		}
		rest = bytes.TrimLeft(after, " \t")
		if len(rest) == 0 || rest[0] != ':' {
			return false
		}
		rest = bytes.TrimLeft(rest[1:], " \t")
		var value []byte
		if value, rest, ok = quoted(rest); !ok {
			if value, rest, ok = bare(rest); !ok {
				return false
			}
		}
		if s := f.named(name); s != nil {
			*s = value
		}
		if rest = bytes.TrimLeft(rest, " \t"); len(rest) == 0 {
			return true
		}
		if rest[0] != ',' {
			return false
		}
		rest = bytes.TrimLeft(rest[1:], " \t")
	}
}

// quoted takes a text without escapes and control characters.
func quoted(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, b, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return nil, b, false
	}
	text = b[1 : 1+end]
	for _, c := range text {
		if c < ' ' || c == '\\' || c >= 0x80 {
			return nil, b, false
		}
	}
	return text, b[end+2:], true
}

// bare takes an ordinary number, whose digits it returns, or a literal, which is
// nothing.
func bare(b []byte) (number, rest []byte, ok bool) {
	end := bytes.IndexAny(b, ", \t")
	if end < 0 {
		end = len(b)
	}
	word, rest := b[:end], b[end:]
	switch string(word) {
	case "null", "true", "false":
		return nil, rest, true
	}
	whole, fraction, dot := bytes.Cut(word, []byte("."))
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' || dot && len(fraction) == 0 {
		return nil, b, false
	}
	for _, part := range [2][]byte{whole, fraction} {
		for _, c := range part {
			if c < '0' || c > '9' {
				return nil, b, false
			}
		}
	}
	return word, rest, true
}

// named is where a field's value goes; nil is a field of no interest. Names that differ
// by case only are encoding/json's, which the formats don't need.
func (f *fields) named(name []byte) *scalar {
	switch string(name) {
	case "time":
		return &f.Time
	case "timestamp":
		return &f.Timestamp
	case "time_start":
		return &f.TimeStart
	case "date":
		return &f.Date
	case "uri":
		return &f.URI
	case "url":
		return &f.URL
	case "cs-uri-stem":
		return &f.URIStem
	case "status":
		return &f.Status
	case "response_status":
		return &f.ResponseStatus
	case "sc-status":
		return &f.SCStatus
	case "bytes":
		return &f.Bytes
	case "resp_bytes":
		return &f.RespBytes
	case "sc-bytes":
		return &f.SCBytes
	case "cache":
		return &f.Cache
	case "fastly_state":
		return &f.FastlyState
	case "response_state":
		return &f.ResponseState
	case "x-edge-result-type":
		return &f.Result
	case "country":
		return &f.Country
	case "geo_country_code":
		return &f.CountryCode
	case "c-country":
		return &f.CCountry
	}
	return nil
}
