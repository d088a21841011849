package hls

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// fetcher is one loader's way to the server. It isn't for concurrent use.
type fetcher interface {
	// get fetches an object. Its body is appended to body, or thrown away if body is
	// nil. An answer with a failure status is no error here.
	get(ctx context.Context, q request, body *[]byte) (response, error)
	// fork is another way of the same player: it knows the cookies so far.
	fork() fetcher
}

type request struct {
	origin         string // "http://host:port"
	path           []byte // with its query
	offset, length int64  // byte range; both 0: all; length 0: to the end
}

// appendRange writes the value of a Range header.
func (q request) appendRange(b []byte) []byte {
	b = strconv.AppendInt(append(b, "bytes="...), q.offset, 10)
	b = append(b, '-')
	if q.length > 0 {
		b = strconv.AppendInt(b, q.offset+q.length-1, 10)
	}
	return b
}

func (q request) ranged() bool { return q.offset > 0 || q.length > 0 }

type response struct {
	status   int
	size     int64  // of the body as it came
	location string // of a redirect
	gzip     bool   // body is compressed
}

// failed is the error that an answer's status stands for.
func (r response) failed() error {
	if r.status == 200 || r.status == 206 {
		return nil
	}
	return measure.StatusError(r.status)
}

const (
	// maxPlaylist bounds a playlist; hours of parts fit.
	maxPlaylist = 1 << 20
	// maxMedia bounds a segment or part.
	maxMedia = 1 << 28
)

// limit bounds the body of an answer.
func limit(body *[]byte) int64 {
	if body == nil {
		return maxMedia
	}
	return maxPlaylist
}

// scratch are buffers that a loader holds only while bytes arrive.
var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// readAll reads to the end, into body or to nowhere if that is nil.
func readAll(r io.Reader, body *[]byte) (total int64, err error) {
	waste := scratch.Get().(*[]byte)
	defer scratch.Put(waste)
	most := limit(body)
	for {
		n, err := r.Read((*waste)[:cap(*waste)])
		if total += int64(n); total > most {
			return total, measure.ErrTooLong
		}
		if body != nil {
			*body = append(*body, (*waste)[:n]...)
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// inflater unpacks playlists. Viewers get the same bodies, so each is unpacked once
// and remembered for a while.
type inflater struct {
	seed  maphash.Seed
	known sync.Map // hash of the packed text to the text
	count atomic.Int64
}

// rememberedBodies is how many texts are kept before all are forgotten.
const rememberedBodies = 256

func (f *inflater) unpack(body []byte) ([]byte, error) {
	key := maphash.Bytes(f.seed, body)
	if text, ok := f.known.Load(key); ok {
		return text.([]byte), nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", measure.ErrMalformed, err)
	}
	text, err := io.ReadAll(io.LimitReader(reader, maxPlaylist+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", measure.ErrMalformed, err)
	}
	if len(text) > maxPlaylist {
		return nil, measure.ErrTooLong
	}
	if f.count.Add(1)%rememberedBodies == 0 {
		f.known.Clear()
	}
	f.known.Store(key, text)
	return text, nil
}
