package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/httpget"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is an HLS server in memory: what it has by path, made when it is asked for.
type server struct {
	mu      sync.Mutex
	has     map[string]func() []byte
	asked   []string
	status  int // of all answers; 0: 200, or 404
	start   time.Time
	ends    int // the last segment; 0: it goes on
	removed int // segments that are not there any more, though they should be
}

func newServer() *server { return &server{has: make(map[string]func() []byte), start: time.Now()} }

// RoundTrip implements http.RoundTripper.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.asked = append(s.asked, r.URL.Path)
	answer := &http.Response{Request: r, Header: http.Header{}, StatusCode: http.StatusNotFound, Body: http.NoBody}
	if content := s.has[r.URL.Path]; content != nil {
		answer.StatusCode, answer.Body = http.StatusOK, io.NopCloser(bytes.NewReader(content()))
	}
	if s.status != 0 {
		answer.StatusCode = s.status
	}
	return answer, nil
}

// newest is the number of segments that are there by now, one a second.
func (s *server) newest() int {
	n := 4 + int(time.Since(s.start)/time.Second)
	if s.ends > 0 {
		n = min(n, s.ends)
	}
	return n
}

// live lists the last six segments, with lines before some of them.
func (s *server) live(before func(n int) string) func() []byte {
	return func() []byte {
		newest := s.newest()
		first := max(newest-6, 0)
		var b strings.Builder
		fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
		for n := first; n < newest; n++ {
			fmt.Fprintf(&b, "%s#EXTINF:1.0,\n%d\n", before(n), n)
		}
		if newest == s.ends {
			b.WriteString("#EXT-X-ENDLIST\n")
		}
		return []byte(b.String())
	}
}

// put adds the segments of a path.
func (s *server) put(path string, segment func(n int) []byte, count int) {
	for n := range count {
		s.has[path+fmt.Sprint(n)] = func() []byte { return segment(n) }
	}
}

// fetch fetches a path to its end, or until the test's context ends.
func (s *server) fetch(ctx context.Context, gate ingest.Gate, path string) error {
	address, _ := url.Parse("http://user:secret@hls.example.com" + path)
	get := httpget.NewOver(s)
	defer get.Close()
	return (&Client{URL: address, Get: get, Log: slog.New(slog.DiscardHandler)}).Fetch(ctx, trusting{gate})
}

// trusting is the gate of whoever pulls: it says which stream.
type trusting struct{ ingest.Gate }

func (g trusting) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	r.Trusted = "cam"
	return g.Gate.Open(ctx, r)
}

var (
	sps = []byte{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}
	otherSPS = []byte{
		0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
		0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
	}
	pps     = []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}
	picture = []byte{0x65, 0x88, 0x84, 0x00, 0x33}
	sound   = mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2}
)

const (
	pictureTrack = 1
	soundTrack   = 2
	perSecond    = 10   // pictures
	frameSamples = 1024 // of AAC
)

// header makes an initialization section.
func header(t testing.TB, set []byte, ids ...int) []byte {
	t.Helper()
	init := fmp4.Init{}
	for _, id := range ids {
		track := &fmp4.InitTrack{ID: id, TimeScale: 90000, Codec: &codecs.H264{SPS: set, PPS: pps}}
		if id == soundTrack {
			track.TimeScale, track.Codec = 48000, &codecs.MPEG4Audio{Config: sound}
		}
		init.Tracks = append(init.Tracks, track)
	}
	var b seekablebuffer.Buffer
	if err := init.Marshal(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// firstSound is the number of the first frame of sound that begins in a second, or after it.
func firstSound(second int) int { return (second*48000 + frameSamples - 1) / frameSamples }

// fragment makes a second of media that begins at a time.
func fragment(t testing.TB, second int, ids ...int) []byte {
	t.Helper()
	part := &fmp4.Part{SequenceNumber: uint32(second)}
	for _, id := range ids {
		track := &fmp4.PartTrack{ID: id, BaseTime: uint64(second) * 90000}
		count, sample := perSecond, fmp4.Sample{Duration: 90000 / perSecond, Payload: append([]byte{0, 0, 0, byte(len(picture))}, picture...)}
		if id == soundTrack {
			track.BaseTime = uint64(firstSound(second)) * frameSamples
			count, sample = firstSound(second+1)-firstSound(second), fmp4.Sample{Duration: frameSamples, Payload: []byte{1, 2, 3, 4}}
		}
		for range count {
			s := sample
			track.Samples = append(track.Samples, &s)
		}
		part.Tracks = append(part.Tracks, track)
	}
	var b seekablebuffer.Buffer
	if err := part.Marshal(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// transport makes a second of a transport stream with pictures, by a multiplexer of its own:
// continuity counters begin anew.
func transport(second int) []byte {
	times := make([]int64, perSecond)
	for i := range times {
		const wraps = 5 // seconds before the clock does
		times[i] = (int64(second-wraps)*90000 + int64(i)*9000) & (1<<33 - 1)
	}
	return habits.PlainTS(times, sps, pps, picture)
}

// ended is the publication, when it is over, with the reason of the client.
func ended(t *testing.T, gate *ingesttest.Gate, err error) *ingesttest.Publication {
	t.Helper()
	p := <-gate.Ended
	if !errors.Is(p.Reason, err) {
		t.Errorf("the publication ended with %v, and the client with %v", p.Reason, err)
	}
	return p
}
