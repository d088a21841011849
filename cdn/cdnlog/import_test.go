package cdnlog

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// memoryLedger is an ImportLedger in memory.
type memoryLedger struct {
	pieces []Piece
	usages []cost.Usage
	fails  error
}

func (b *memoryLedger) LogPieces(context.Context, string) ([]Piece, error) { return b.pieces, nil }

func (b *memoryLedger) AddLog(_ context.Context, _ string, p Piece, usages []cost.Usage) error {
	if b.fails != nil {
		return b.fails
	}
	b.pieces, b.usages = append(b.pieces, p), append(b.usages, usages...)
	return nil
}

func (b *memoryLedger) bytes() (n int64) {
	for _, u := range b.usages {
		n += u.Bytes
	}
	return n
}

const w3cHeader = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id\n"

func w3cLine(at string, bytes int, path, status, query, result string) string {
	return fmt.Sprintf("2026-11-23\t%s\tFRA56-P1\t%d\t198.51.100.7\tGET\td1.cloudfront.net\t%s\t%s\t-\tMozilla\t%s\t-\t%s\tid==\n", at, bytes, path, status, query, result)
}

var w3cLog = w3cHeader +
	w3cLine("12:00:00", 1000, "/live/show/index.m3u8", "200", "CMCD=br%3D5000&token=hush", "Hit") +
	w3cLine("12:00:00", 2000, "/t/hush/live/show/p/video/7.m4s", "206", "-", "Miss") +
	w3cLine("13:00:01", 3000, "/live/%E5%B1%95/index.m3u8", "304", "-", "RefreshHit") +
	w3cLine("13:00:02", 0, "/favicon.ico", "000", "-", "Error")

const fastlyLog = `{"timestamp":"2026-11-23T12:00:00+0000","url":"/live/show/index.m3u8?CMCD=br%3D5000","response_status":200,"resp_bytes":"1000","fastly_state":"HIT-CLUSTER","geo_country_code":"DE"}
{"time_start":1795435200123,"url":"https://cdn.example.com/t/hush/live/show/p/video/7.m4s","status":"206","bytes":2000,"fastly_state":"MISS","country":"JP"}
`

const edgeLog = `{"time":"2026-11-23T12:00:00+00:00","uri":"/live/show/index.m3u8","status":200,"bytes":1000,"cache":"HIT","country":"de"}
{"time":1795435200.5,"uri":"\/t\/hush\/live\/show\/p\/video\/7.m4s","status":"206","bytes":"2000","cache":"-","country":""}
`

const w3cJSON = `{"date":"2026-11-23","time":"12:00:00","sc-bytes":"1000","cs-uri-stem":"/live/show/index.m3u8","cs-uri-query":"CMCD=br%3D5000","sc-status":"200","x-edge-result-type":"Hit","c-country":"DE"}
`

func TestFormats(t *testing.T) {
	tests := []struct {
		name, log                      string
		format                         Format
		lines, bytes, hits, misses     int64
		streams                        string
		countryOfFirst, formatDetected string
	}{
		{"CloudFront", w3cLog, Auto, 4, 6000, 2, 2, "map[:{1 0} show:{2 3000} 展:{1 3000}]", "", "cloudfront"},
		{"CloudFront with CRLF", strings.ReplaceAll(w3cLog, "\n", "\r\n"), CloudFront, 4, 6000, 2, 2, "map[:{1 0} show:{2 3000} 展:{1 3000}]", "", "cloudfront"},
		{"CloudFront JSON", w3cJSON, CloudFront, 1, 1000, 1, 0, "map[show:{1 1000}]", "DE", "cloudfront"},
		{"Fastly", fastlyLog, Fastly, 2, 3000, 1, 1, "map[show:{2 3000}]", "DE", "fastly"},
		{"our edges", edgeLog, Auto, 2, 3000, 1, 0, "map[show:{2 3000}]", "DE", "json"},
		{"without end of line", strings.TrimSuffix(edgeLog, "\n"), JSON, 2, 3000, 1, 0, "map[show:{2 3000}]", "DE", "json"},
		{"nothing", "", Auto, 0, 0, 0, 0, "map[]", "", "json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, packed := range []bool{false, true} {
				b := &memoryLedger{}
				s, usages, err := Import(t.Context(), packedIf(packed, tt.log), Options{CDN: "mine", Format: tt.format, Ledger: b})
				if err != nil {
					t.Fatal(err)
				}
				if s.Lines != tt.lines || s.Bytes != tt.bytes || s.Hits != tt.hits || s.Misses != tt.misses || s.Rejected != 0 ||
					fmt.Sprint(s.Streams) != tt.streams || string(s.Format) != tt.formatDetected {
					t.Errorf("packed %v: %+v", packed, s)
				}
				if len(usages) != len(b.usages) || b.bytes() != tt.bytes {
					t.Errorf("%+v in the ledger", b.usages)
				}
				found := tt.countryOfFirst == ""
				for _, u := range usages {
					found = found || u.Country == tt.countryOfFirst && u.Via == cost.ViaLogs && u.CDN == "mine" && u.At.Minute() == 0
				}
				if !found {
					t.Errorf("no usage of %s: %+v", tt.countryOfFirst, usages)
				}
			}
		})
	}
}

func packedIf(packed bool, text string) io.Reader {
	if !packed {
		return strings.NewReader(text)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return &b
}

func count(t *testing.T, b *memoryLedger, log string) Summary {
	t.Helper()
	s, _, err := Import(t.Context(), strings.NewReader(log), Options{CDN: "mine", Ledger: b})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same log counts once, and one that has grown from where it was.
func TestNothingCountsTwice(t *testing.T) {
	b := &memoryLedger{}
	count(t, b, w3cLog)
	if s := count(t, b, w3cLog); s.Lines != 0 || s.Before != 4 || b.bytes() != 6000 || len(b.pieces) != 1 {
		t.Errorf("again: %+v, %d bytes", s, b.bytes())
	}
	grown := w3cLog + w3cLine("14:00:00", 500, "/live/show/a.m4s", "200", "-", "Hit")
	if s := count(t, b, grown); s.Lines != 1 || s.Before != 4 || b.bytes() != 6500 {
		t.Errorf("grown: %+v, %d bytes", s, b.bytes())
	}
	if s := count(t, b, grown); s.Lines != 0 || s.Before != 5 || b.bytes() != 6500 {
		t.Errorf("grown again: %+v, %d bytes", s, b.bytes())
	}
	// Of the same length, but not the same.
	other := strings.Replace(w3cLog, "1000", "1001", 1)
	if s := count(t, b, other); s.Lines != 4 || b.bytes() != 12501 {
		t.Errorf("another: %+v, %d bytes", s, b.bytes())
	}
	// A last line without its end, which comes later.
	b = &memoryLedger{}
	count(t, b, strings.TrimSuffix(edgeLog, "\n"))
	if s := count(t, b, edgeLog+edgeLog); s.Lines != 2 || s.Before != 2 || b.bytes() != 6000 {
		t.Errorf("without end: %+v, %d bytes", s, b.bytes())
	}
}

func TestBadLines(t *testing.T) {
	log := edgeLog +
		"not JSON at all hush\n" +
		`{"time":"yesterday","uri":"/live/hush/x","status":200,"bytes":1}` + "\n" +
		`{"time":"2026-11-23T12:00:00Z","uri":"/live/hush/x","status":200,"bytes":-1}` + "\n" +
		`{"time":"2026-11-23T12:00:00Z","status":200,"bytes":1}` + "\n" +
		`{"time":"2026-11-23T12:00:00Z","uri":"/live/hush/x","status":"hush","bytes":1}` + "\n" +
		`{"time":"2026-11-23T12:00:00Z","uri":"/live/` + strings.Repeat("hush", maxLine) + "\"}\n" +
		`[1,2]` + "\n\n" + edgeLog + strings.Repeat("x\n", 20)
	b := &memoryLedger{}
	s := count(t, b, log)
	if s.Lines != 4 || s.Rejected != 27 || len(s.Reasons) != maxReasons || b.bytes() != 6000 {
		t.Errorf("%+v", s)
	}
	want := []Reason{
		{3, errJSON.Error()}, {4, errTime.Error()}, {5, errBytes.Error()}, {6, errPath.Error()}, {7, errStatus.Error()},
		{8, errLong.Error()}, {9, errJSON.Error()}, {13, errJSON.Error()},
	}
	for i, w := range want {
		if s.Reasons[i] != w {
			t.Errorf("reason %d: %+v, want %+v", i, s.Reasons[i], w)
		}
	}
	if text := fmt.Sprintf("%+v", s); strings.Contains(text, "hush") {
		t.Errorf("%s shows what a line held", text)
	}
}

func TestBadLogs(t *testing.T) {
	broken, _ := io.ReadAll(packedIf(true, w3cLog))
	for name, tt := range map[string]struct {
		log    string
		format Format
	}{
		"HTML":            {"<html>", Auto},
		"combined log":    {"127.0.0.1 - - [23/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n", Auto},
		"all bad":         {"{}\n{}\n", Auto},
		"no columns":      {"#Fields: date time\n2026-11-23\t12:00:00\n", CloudFront},
		"wrong format":    {w3cLog, JSON},
		"no header":       {w3cLine("12:00:00", 1, "/", "200", "-", "Hit"), CloudFront},
		"truncated gzip":  {string(broken[:len(broken)-20]), Auto},
		"gzip of rubbish": {"\x1f\x8bnonsense", Auto},
	} {
		b := &memoryLedger{}
		if _, _, err := Import(t.Context(), strings.NewReader(tt.log), Options{CDN: "mine", Format: tt.format, Ledger: b}); err == nil || len(b.pieces) != 0 {
			t.Errorf("%s: %v, %d in the ledger", name, err, len(b.pieces))
		}
	}
	b := &memoryLedger{fails: errors.New("disk full")}
	if _, usages, err := Import(t.Context(), strings.NewReader(w3cLog), Options{CDN: "mine", Ledger: b}); err == nil || usages != nil {
		t.Errorf("without a ledger: %v, %v", usages, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Import(ctx, strings.NewReader(strings.Repeat(edgeLog, 10_000)), Options{CDN: "mine", Ledger: &memoryLedger{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Sums are kept apart up to a bound.
func TestManyStreams(t *testing.T) {
	var log strings.Builder
	for i := range maxSums + 5000 {
		fmt.Fprintf(&log, `{"time":1795435200,"uri":"/live/s%d/x.m4s","bytes":1}`+"\n", i)
	}
	b := &memoryLedger{}
	if s := count(t, b, log.String()); s.Requests != maxSums+5000 || len(b.usages) > maxSums+1 || b.bytes() != maxSums+5000 {
		t.Errorf("%d requests, %d usages of %d bytes", s.Requests, len(b.usages), b.bytes())
	}
}

func TestStreamOf(t *testing.T) {
	for path, want := range map[string]string{
		"/live/show/index.m3u8": "show", "/t/eyJ.a.b/live/show/x/y/1.m4s": "show", "/live/%61/x": "a", "/live/show": "", "/live//x": "",
		"/t/live/show/x": "", "/": "", "": "", "/live/../x": "", "/live/%zz/x": "", "/live/a%2Fb/x": "", "/watch/show": "", "/t/": "",
	} {
		if got := streamOf([]byte(path)); got != want {
			t.Errorf("%q is of %q, want %q", path, got, want)
		}
	}
}

func fuzz(f *testing.F, format Format, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		b := &memoryLedger{}
		s, usages, err := Import(context.Background(), bytes.NewReader(log), Options{CDN: "mine", Format: format, Ledger: b})
		if err != nil {
			return
		}
		var requests int64
		for _, u := range usages {
			requests += u.Requests
			if u.Bytes < 0 || u.At.Year() < firstYear || u.At.Year() > lastYear+1 {
				t.Errorf("%+v", u)
			}
		}
		if requests != s.Requests || s.Lines != s.Requests || s.Hits+s.Misses > s.Lines {
			t.Errorf("%+v, %d requests", s, requests)
		}
		if again, _, err := Import(context.Background(), bytes.NewReader(log), Options{CDN: "mine", Format: format, Ledger: b}); err != nil || again.Requests != 0 {
			t.Errorf("counted again: %+v, %v", again, err)
		}
	})
}

func FuzzCloudFront(f *testing.F) { fuzz(f, CloudFront, w3cLog, w3cHeader, w3cJSON) }
func FuzzJSON(f *testing.F) {
	fuzz(f, Auto, edgeLog, strings.TrimSpace(edgeLog), "{}\n", fastlyLog, w3cJSON)
}

// What the fast reader takes, encoding/json takes to be the same.
func FuzzScan(f *testing.F) {
	for line := range strings.SplitSeq(fastlyLog+edgeLog+w3cJSON, "\n") {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"time":0.5,"uri":null , "bytes":01,"status":"a" }`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var fast, slow fields
		if !fast.scan(line) {
			return
		}
		if err := json.Unmarshal(line, &slow); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if strings.ToLower(string(line)) == string(line) && fmt.Sprintf("%q", fast) != fmt.Sprintf("%q", slow) {
			t.Errorf("%q: %q, want %q", line, fast, slow)
		}
	})
}

// endless repeats a text until n bytes are read.
type endless struct {
	text []byte
	at   int
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	e.left -= n
	return n, nil
}

func benchmark(b *testing.B, head, line string) {
	text := strings.Repeat(line, 1000)
	lines, n := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		r := io.MultiReader(strings.NewReader(head), &endless{text: []byte(text), left: 20 * len(text)})
		s, _, err := Import(context.Background(), r, Options{CDN: "mine", Ledger: &memoryLedger{}})
		if err != nil {
			b.Fatal(err)
		}
		lines, n = lines+int(s.Lines), n+1
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
	b.SetBytes(int64(20 * len(text)))
}

func BenchmarkCloudFront(b *testing.B) {
	benchmark(b, w3cHeader, w3cLine("12:00:00", 123456, "/live/show/05ded8e27aa1/video/12345.3.m4s", "200", "-", "Hit"))
}

func BenchmarkJSON(b *testing.B) {
	benchmark(b, "", `{"time":"2026-11-23T12:00:00+00:00","uri":"/live/show/05ded8e27aa1/video/12345.3.m4s","status":200,"bytes":123456,"cache":"HIT","country":"DE"}`+"\n")
}
