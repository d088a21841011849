package cdnlog

import (
	"bytes"
	"time"
)

// w3c reads CloudFront's standard logs, as its developer guide has them under
// "Standard logging reference": tab-separated, with the names of the fields in a line
// "#Fields:".
type w3c struct {
	columns            int // how many fields at least
	date, clock, bytes int
	path               int
	status, result     int
	country            int
	fields             [maxColumns][]byte

	// The second that the last line was of, and what it is: lines come in its order.
	last []byte
	when time.Time
}

// maxColumns bounds the fields that are looked at; version 2 of the logs has about 50.
const maxColumns = 128

// header reads a line that begins with '#'.
func (p *w3c) header(line []byte) error {
	names, ok := bytes.CutPrefix(line, []byte("#Fields:"))
	if !ok {
		return nil
	}
	*p = w3c{date: -1, clock: -1, bytes: -1, path: -1, status: -1, result: -1, country: -1}
	for i, name := range bytes.Fields(names) {
		if i >= maxColumns {
			break
		}
		// Version 2 writes names with brackets likewise, as version 1.
		switch string(name) {
		case "date":
			p.date = i
		case "time":
			p.clock = i
		case "sc-bytes":
			p.bytes = i
		case "cs-uri-stem":
			p.path = i
		case "sc-status":
			p.status = i
		case "x-edge-result-type":
			p.result = i
		case "c-country":
			p.country = i
		}
	}
	if p.date < 0 || p.clock < 0 || p.bytes < 0 || p.path < 0 {
		p.columns = 0
		return errColumns
	}
	p.columns = max(p.date, p.clock, p.bytes, p.path, p.status, p.result, p.country) + 1
	return nil
}

func (p *w3c) parse(line []byte, e *entry) error {
	if len(line) > 0 && line[0] == '#' {
		return p.header(line)
	}
	if p.columns == 0 {
		return errNoTitle
	}
	for i := range p.columns {
		end := bytes.IndexByte(line, '\t')
		switch {
		case end >= 0:
			p.fields[i], line = line[:end], line[end+1:]
		case i == p.columns-1:
			p.fields[i] = line
		default:
			return errFields
		}
	}
	var err error
	if e.at, err = p.at(p.fields[p.date], p.fields[p.clock]); err != nil {
		return err
	}
	var ok bool
	if e.bytes, ok = parseInt(p.fields[p.bytes]); !ok {
		return errBytes
	}
	e.path = p.fields[p.path]
	// "000" and "-" stand for a viewer who left before there was a status.
	if s := p.optional(p.status); len(s) > 0 && string(s) != "-" && !isStatus(s) {
		return errStatus
	}
	e.hit, e.cached = isHit(p.optional(p.result))
	e.country = country(p.optional(p.country))
	return nil
}

func (p *w3c) optional(column int) []byte {
	if column < 0 {
		return nil
	}
	return p.fields[column]
}

// at reads "2026-11-23" and "12:34:56".
func (p *w3c) at(date, clock []byte) (time.Time, error) {
	if len(date) != 10 || len(clock) != 8 {
		return time.Time{}, errTime
	}
	if len(p.last) == 18 && bytes.Equal(p.last[:10], date) && bytes.Equal(p.last[10:], clock) {
		return p.when, nil
	}
	t, err := time.Parse("2006-01-0215:04:05", string(date)+string(clock))
	if err != nil {
		return t, errTime
	}
	if t, err = plausible(t); err == nil {
		p.last, p.when = append(append(p.last[:0], date...), clock...), t
	}
	return t, err
}
