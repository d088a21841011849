package cdnlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// Format of a log.
type Format string

// The formats.
const (
	Auto       Format = "auto" // by the first line
	CloudFront Format = "cloudfront"
	Fastly     Format = "fastly"
	JSON       Format = "json"
)

// Formats are their names.
var Formats = []string{string(Auto), string(CloudFront), string(Fastly), string(JSON)}

// Piece is the beginning of a log: its length and the SHA-256 of it.
type Piece struct {
	Length int64
	Hash   [sha256.Size]byte
}

// ImportLedger remembers which logs were counted. It may be used concurrently.
type ImportLedger interface {
	// LogPieces are the beginnings of logs of a CDN that were read.
	LogPieces(ctx context.Context, cdn string) ([]Piece, error)
	// AddLog notes a log with its usage, both or neither.
	AddLog(ctx context.Context, cdn string, p Piece, usages []cost.Usage) error
}

// Options of an import.
type Options struct {
	CDN    string // as prices and steering name it
	Format Format // "" is Auto
	Ledger ImportLedger
}

// Summary is what a log held.
type Summary struct {
	CDN      string            `json:"cdn"`
	Format   Format            `json:"format"`
	Lines    int64             `json:"lines" doc:"Of requests, without those counted before"`
	Requests int64             `json:"requests"`
	Bytes    int64             `json:"bytes" doc:"That the CDN sent"`
	Hits     int64             `json:"hits" doc:"Requests that the cache answered"`
	Misses   int64             `json:"misses"`
	HitRatio float64           `json:"hit_ratio" doc:"Of requests whose line says; 0 if none does"`
	Before   int64             `json:"counted_before" doc:"Lines that an earlier import has counted"`
	Rejected int64             `json:"rejected" doc:"Lines that could not be read"`
	Reasons  []Reason          `json:"reasons" doc:"Of the first of them"`
	From     time.Time         `json:"from,omitzero"`
	To       time.Time         `json:"to,omitzero"`
	Streams  map[string]Volume `json:"streams" doc:"By stream; \"\" is what belongs to none"`
}

// Reason says why a line was rejected.
type Reason struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// Volume is a stream's part.
type Volume struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
}

const (
	// maxLine bounds a line; CloudFront cuts addresses at 8 kB.
	maxLine = 64 << 10
	// maxReasons bounds the reasons that are told.
	maxReasons = 10
	// maxSums bounds the sums that are kept apart; what comes after is counted without
	// stream and country.
	maxSums = 50_000
)

// ErrFormat reports a log that is none of the formats, or not of the one it was said
// to be.
var ErrFormat = errors.New("cdnlog: not a log of this format")

// ErrRead reports a log that ended before its end: a connection that broke, or gzip
// that does not unpack.
var ErrRead = errors.New("cdnlog: could not be read to its end")

// Import reads a log to its end and counts it. The usages are in the ledger when it
// returns without error; else nothing was counted.
func Import(ctx context.Context, r io.Reader, o Options) (Summary, []cost.Usage, error) {
	i := &importer{o: o, now: time.Now(), hash: sha256.New(), sums: make(map[sumKey]*sum)}
	i.summary = Summary{CDN: o.CDN, Reasons: []Reason{}}
	pieces, err := o.Ledger.LogPieces(ctx, o.CDN)
	if err != nil {
		return Summary{}, nil, err
	}
	slices.SortFunc(pieces, func(a, b Piece) int { return int(a.Length - b.Length) })
	i.pieces = pieces
	plain, err := unpacked(r)
	if err != nil {
		return Summary{}, nil, err
	}
	if err := i.choose(plain); err != nil {
		return Summary{}, nil, err
	}
	if err := i.read(ctx, plain); err != nil {
		return Summary{}, nil, err
	}
	if i.summary.Requests == 0 && i.summary.Rejected > 0 && i.summary.Before == 0 {
		first := i.summary.Reasons[0]
		return i.summary, nil, fmt.Errorf("%w: no line of %d can be read; line %d: %s", ErrFormat, i.summary.Rejected, first.Line, first.Reason)
	}
	usages := i.usages()
	if i.length > i.counted {
		if err := o.Ledger.AddLog(ctx, o.CDN, i.piece(), usages); err != nil {
			return Summary{}, nil, err
		}
	}
	return i.finish(), usages, nil
}

// unpacked reads gzip, or what is plain.
func unpacked(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, maxLine)
	if magic, _ := b.Peek(2); len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("%w: broken gzip", ErrFormat)
	}
	return bufio.NewReaderSize(z, maxLine), nil
}

type importer struct {
	o       Options
	now     time.Time
	format  interface{ parse([]byte, *entry) error }
	hash    hash.Hash
	length  int64
	pieces  []Piece // that are still to come, by length
	counted int64   // length of the piece that was counted before
	seen    int64   // lines of requests since the beginning
	number  int64   // of the line
	sums    map[sumKey]*sum
	summary Summary
	entry   entry

	// The sum that the last line went to: the next one is often of the same.
	lastKey sumKey
	lastSum *sum
}

// choose finds the format.
func (i *importer) choose(r *bufio.Reader) error {
	head, err := r.Peek(1)
	for err == nil && (head[0] == '\n' || head[0] == '\r' || head[0] == ' ') {
		i.advance(head)
		_, _ = r.Discard(1)
		head, err = r.Peek(1)
	}
	if err != nil && err != io.EOF {
		return fmt.Errorf("%w: %w", ErrRead, err)
	}
	looks := byte(0)
	if len(head) > 0 {
		looks = head[0]
	}
	switch f := i.o.Format; {
	case looks == '{' || looks == 0 && (f == "" || f == Auto || f == JSON || f == Fastly):
		i.format = &lines{}
		if i.summary.Format = f; f == "" || f == Auto {
			i.summary.Format = JSON
		}
	case looks == '#' || f == CloudFront:
		i.format, i.summary.Format = &w3c{}, CloudFront
	default:
		return fmt.Errorf("%w: it begins neither with # nor with {; see docs/cost.md for what can be read", ErrFormat)
	}
	if f := i.o.Format; looks == '#' && (f == Fastly || f == JSON) {
		return fmt.Errorf("%w: it looks like CloudFront's", ErrFormat)
	}
	return nil
}

// advance takes bytes into the hash.
func (i *importer) advance(b []byte) {
	i.hash.Write(b)
	i.length += int64(len(b))
}

func (i *importer) piece() Piece {
	p := Piece{Length: i.length}
	i.hash.Sum(p.Hash[:0])
	return p
}

// passed forgets everything so far when it is a beginning that was counted before.
func (i *importer) passed() {
	for len(i.pieces) > 0 && i.pieces[0].Length <= i.length {
		same := i.pieces[0].Length == i.length && i.pieces[0] == i.piece()
		i.pieces = i.pieces[1:]
		if !same {
			continue
		}
		i.counted = i.length
		clear(i.sums)
		i.lastSum = nil
		s := &i.summary
		*s = Summary{CDN: s.CDN, Format: s.Format, Reasons: []Reason{}, Before: i.seen}
	}
}

// read takes line after line.
func (i *importer) read(ctx context.Context, r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			i.number++
			if i.number%4096 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err == bufio.ErrBufferFull {
				i.advance(line)
				i.reject(errLong)
				err = i.skip(r)
			} else {
				text, end := cutEnd(line)
				i.advance(text)
				i.line(text)
				i.passed() // a log whose last line had no end yet
				i.advance(end)
			}
			i.passed()
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%w: after line %d: %w", ErrRead, i.number, err)
		}
	}
}

// cutEnd parts a line from its end.
func cutEnd(line []byte) (text, end []byte) {
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
	}
	if n > 0 && line[n-1] == '\r' {
		n--
	}
	return line[:n], line[n:]
}

// skip leaves out the rest of a line that is too long.
func (i *importer) skip(r *bufio.Reader) error {
	for {
		rest, err := r.ReadSlice('\n')
		i.advance(rest)
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

func (i *importer) line(text []byte) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	e := &i.entry
	*e = entry{}
	if err := i.format.parse(text, e); err != nil {
		i.reject(err)
		return
	}
	if text[0] == '#' {
		return
	}
	i.count(e)
}

func (i *importer) reject(err error) {
	i.seen++
	i.summary.Rejected++
	if len(i.summary.Reasons) < maxReasons {
		i.summary.Reasons = append(i.summary.Reasons, Reason{Line: i.number, Reason: err.Error()})
	}
}
