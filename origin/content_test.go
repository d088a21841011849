package origin

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// Ranges and conditions are answered as net/http's ServeContent answers them, but where
// the table says otherwise, with the section of RFC 9110.
func TestRangesAndConditions(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	const path = "/live/show/p/audio/0.m4s"
	whole := s.get(path)
	tag, size := whole.Header().Get("Etag"), strconv.Itoa(whole.Body.Len())
	reference := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		w.Header().Set("Content-Type", "audio/mp4")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(whole.Body.Bytes()))
	})
	const tooMuch = "18446744073709551616"
	const unit, other, two = "§14.2: an unknown range unit must be ignored", "§14.2: Range means something for GET only", "§14.2: a Range that is not valid may be ignored"
	tests := []struct {
		name, method string
		header       []string
		code         int // where it is not net/http's
		why          string
	}{
		{name: "whole"},
		{name: "first bytes", header: []string{"Range", "bytes=0-1"}},
		{name: "the rest", header: []string{"Range", "bytes=10-"}},
		{name: "last bytes", header: []string{"Range", "bytes=-5"}},
		{name: "last none", header: []string{"Range", "bytes=-0"}},
		{name: "more than all", header: []string{"Range", "bytes=0-" + tooMuch}},
		{name: "up to behind the end", header: []string{"Range", "bytes=0-" + size}},
		{name: "all", header: []string{"Range", "bytes=0-"}},
		{name: "behind the end", header: []string{"Range", "bytes=" + size + "-"}},
		{name: "far behind the end", header: []string{"Range", "bytes=" + tooMuch + "-"}},
		{name: "backwards", header: []string{"Range", "bytes=5-3"}},
		{name: "several", header: []string{"Range", "bytes=0-1,4-5"}},
		{name: "several with spaces", header: []string{"Range", "bytes=0-1 , 4-5"}},
		{name: "overlapping", header: []string{"Range", "bytes=0-,0-,0-,0-"}},
		{name: "nothing", header: []string{"Range", "bytes="}},
		{name: "no numbers", header: []string{"Range", "bytes=a-b"}},
		{name: "signs", header: []string{"Range", "bytes=+0-+1"}},
		{name: "spaces", header: []string{"Range", "bytes= 0-1 "}},
		{name: "unknown unit", header: []string{"Range", "items=0-1"}, code: 200, why: unit},
		{name: "unit in upper case", header: []string{"Range", "BYTES=0-1"}, code: 200, why: two},
		{name: "no unit", header: []string{"Range", "0-1"}, code: 200, why: unit},
		{name: "no equals sign", header: []string{"Range", "bytes 0-1"}, code: 200, why: unit},
		{name: "two fields", header: []string{"Range", "bytes=0-1", "Range", "bytes=4-5"}, code: 200, why: two},
		{name: "HEAD", method: "HEAD"},
		{name: "HEAD of a range", method: "HEAD", header: []string{"Range", "bytes=0-1"}, code: 200, why: other},
		{name: "HEAD of what is not there", method: "HEAD", header: []string{"Range", "bytes=" + size + "-"}, code: 200, why: other},
		{name: "HEAD of another unit", method: "HEAD", header: []string{"Range", "items=0-1"}, code: 200, why: other},
		{name: "If-Range", header: []string{"Range", "bytes=0-1", "If-Range", tag}},
		{name: "If-Range of something else", header: []string{"Range", "bytes=0-1", "If-Range", `"x"`}},
		{name: "weak If-Range", header: []string{"Range", "bytes=0-1", "If-Range", "W/" + tag}},
		{name: "If-Range by date", header: []string{"Range", "bytes=0-1", "If-Range", "Mon, 30 Nov 2026 00:00:00 GMT"}},
		{name: "If-Range without Range", header: []string{"If-Range", `"x"`}},
		{name: "If-Range with another unit", header: []string{"Range", "items=0-1", "If-Range", tag}, code: 200, why: unit},
		{name: "If-None-Match", header: []string{"If-None-Match", tag}},
		{name: "If-None-Match of something else", header: []string{"If-None-Match", `"x"`}},
		{name: "If-None-Match of anything", header: []string{"If-None-Match", "*"}},
		{name: "weak If-None-Match", header: []string{"If-None-Match", "W/" + tag}},
		{name: "list of If-None-Match", header: []string{"If-None-Match", `"x", ` + tag + `,"y"`}},
		{name: "If-None-Match and Range", header: []string{"If-None-Match", tag, "Range", "bytes=0-1"}},
		{name: "If-None-Match and HEAD", method: "HEAD", header: []string{"If-None-Match", tag}},
		{name: "If-Match", header: []string{"If-Match", tag}},
		{name: "If-Match of something else", header: []string{"If-Match", `"x"`}},
		{name: "If-Match and HEAD", method: "HEAD", header: []string{"If-Match", `"x"`}},
		{name: "If-Modified-Since", header: []string{"If-Modified-Since", "Mon, 30 Nov 2026 00:00:00 GMT"}},
		{name: "If-Unmodified-Since", header: []string{"If-Unmodified-Since", "Mon, 30 Nov 1970 00:00:00 GMT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			do := func(h http.Handler) *httptest.ResponseRecorder {
				method := tt.method
				if method == "" {
					method = "GET"
				}
				r := httptest.NewRequest(method, path, nil)
				for i := 0; i < len(tt.header); i += 2 {
					r.Header.Add(tt.header[i], tt.header[i+1])
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w
			}
			ours, theirs := do(s.handler), do(reference)
			if tt.code != 0 {
				if theirs.Code == tt.code || tt.why == "" {
					t.Errorf("net/http answers %d as well: this is no difference", theirs.Code)
				}
				if ours.Code != tt.code || ours.Header().Get("Content-Range") != "" || ours.Header().Get("Content-Length") != size {
					t.Errorf("%d %v, want %d", ours.Code, ours.Header(), tt.code)
				}
				return
			}
			if ours.Code != theirs.Code {
				t.Fatalf("%d, net/http answers %d", ours.Code, theirs.Code)
			}
			for _, name := range []string{"Content-Range", "Content-Length", "Etag"} {
				if got, want := ours.Header().Get(name), theirs.Header().Get(name); got != want {
					t.Errorf("%s: %q, net/http says %q", name, got, want)
				}
			}
			if ours.Code == http.StatusOK && !bytes.Equal(ours.Body.Bytes(), theirs.Body.Bytes()) {
				t.Error("the bytes differ")
			}
		})
	}
}
