package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// A client hears why its request was refused, and sees the connection end.
func TestRefusalsSayWhy(t *testing.T) {
	address, _, _ := start(t)
	for _, tt := range []struct {
		name, request string
		want          fault
	}{
		{"both", line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", faultBoth},
		{"obs-fold", line + "X: a\r\n b\r\n\r\n", faultFold},
		{"bare line feed", line + "X: a\n\r\n", faultLineFeed},
		{"two lengths", line + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", faultTwoLengths},
		{"no length", line + "Content-Length: +1\r\n\r\na", faultLength},
		{"no name", line + "X : a\r\n\r\n", faultName},
		{"control", line + "X: \x01\r\n\r\n", faultControl},
		{"HTTP/1.0", "GET /live/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", faultOldChunked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ask(t, address, tt.request, 1)[0]
			if got := body(t, r); r.StatusCode != http.StatusBadRequest || got != string(tt.want)+"\n" || !r.Close {
				t.Errorf("%d %q, close: %v", r.StatusCode, got, r.Close)
			}
		})
	}
}

// frames is what a framing makes of bytes that come in pieces of a size: where requests
// begin, how much is understood, and what is at fault.
func frames(text []byte, piece int) (begins []int, known int, err error) {
	var f framing
	for end := piece; err == nil && known < len(text); end += piece {
		end = min(end, len(text))
		if f.state == inStart && (len(begins) == 0 || begins[len(begins)-1] != known) {
			begins = append(begins, known)
		}
		var n int
		if n, err = f.advance(text[known:end]); n == 0 && end == len(text) {
			break
		}
		known += n
	}
	return begins, known, err
}

// However bytes come, framing understands the same, and finds the same ends of requests
// as net/http does: what net/http reads from the connection is what it would read without
// the framing, or less.
func FuzzFraming(f *testing.F) {
	for _, tt := range oddRequests() {
		if len(tt.text) < 1000 {
			f.Add([]byte(tt.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4<<10 {
			return
		}
		begins, known, err := frames(text, 1)
		for _, piece := range []int{3, max(1, len(text))} {
			if _, k, e := frames(text, piece); k != known || !errors.Is(e, err) {
				t.Fatalf("%q in pieces of %d: %d bytes, %v; byte by byte %d, %v", text, piece, k, e, known, err)
			}
		}
		source := bytes.NewReader(text[:known])
		reader := bufio.NewReader(source)
		for i := 0; ; i++ {
			begin := known - source.Len() - reader.Buffered()
			r, e := http.ReadRequest(reader)
			if e != nil || r.ProtoMajor != 1 {
				return
			}
			if i >= len(begins) || begins[i] != begin {
				t.Fatalf("%q: net/http reads a request at %d; the framing knows of %v", text, begin, begins)
			}
			if _, e := io.Copy(io.Discard, r.Body); e != nil || r.Close {
				return
			}
		}
	})
}

// Whatever comes, nothing breaks, and what net/http refuses as malformed is not answered
// by 200.
func FuzzExchange(f *testing.F) {
	for _, tt := range oddRequests() {
		if len(tt.text) < 1000 {
			f.Add([]byte(tt.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 8<<10 {
			return
		}
		var theirs, ours string
		synctest.Test(t, func(*testing.T) { theirs = exchange(false, string(text)) })
		if !strings.HasPrefix(theirs, "400") {
			return
		}
		synctest.Test(t, func(*testing.T) { ours = exchange(true, string(text)) })
		if !strings.HasPrefix(ours, "400; closed") {
			t.Errorf("%q: net/http answers %q, the loop %q", text, theirs, ours)
		}
	})
}
