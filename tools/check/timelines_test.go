package check_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/tools/check"
)

// timelines is how many random publishers are tried; LIGHTSTICK_TIMELINES sets it, and
// `make nightly` tries thousands.
const timelines = 12

// TestRandomTimelinesKeepEveryRule publishes random sources to the packager and
// watches the origin as a strict client, by a clock that takes no time: frame
// rates, keyframe intervals, rounding, B-frames, lost frames, late and failing
// renditions, pauses and reconnects.
func TestRandomTimelinesKeepEveryRule(t *testing.T) {
	n := timelines
	if text := os.Getenv("LIGHTSTICK_TIMELINES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range n {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { watchTimeline(t, uint64(seed)) })
		})
	}
}

func watchTimeline(t *testing.T, seed uint64) {
	p := newPublisher(seed)
	t.Log(p)
	ctx, stop := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() { p.run(ctx, t) })
	defer publishing.Wait()
	defer stop()
	time.Sleep(20 * time.Second)
	handler := origin.New(origin.Config{}, directory{stream: p.stream}, nil, slog.New(slog.DiscardHandler))
	report, err := check.Run(t.Context(), check.Config{
		URL: "http://origin/live/show/index.m3u8", For: 39_990 * time.Millisecond, // not when a part is due
		Client: &http.Client{Transport: direct{handler}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range report.Rules {
		if rule.Status == check.Broken && !p.excuses(rule.ID) || rule.Status == check.Warning && !p.excusesWarning(rule.ID) {
			t.Errorf("%s %s (%s): %d of %d, for example %v: %s", rule.Status, rule.ID, rule.Title, rule.Failed, rule.Checked, rule.Violations[0].Position, rule.Violations[0].Detail)
		}
	}
	if t.Failed() {
		for _, r := range p.stream.Renditions() {
			t.Logf("%s at the end:\n%s", r.Name(), r.Snapshot().Playlist(packager.SkipNothing).Plain())
		}
	}
	if rule := report.Find("decode-time"); rule.Checked < 50 {
		t.Errorf("only %d fragments were read", rule.Checked)
	}
}

// direct hands requests to a handler, without a network.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	d.handler.ServeHTTP(w, served)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

type directory struct {
	origin.Streams
	stream *packager.Stream
}

func (d directory) Live(media.StreamID) (*packager.Stream, bool) { return d.stream, true }

type nothing struct{ packager.Discard }

// publisher is a random source: what it does follows from its seed.
type publisher struct {
	rand   *rand.Rand
	stream *packager.Stream
	origin time.Time // of media time 0

	fps       [2]int64
	keyFrames int
	rounded   bool // to milliseconds, as RTMP does
	reorder   bool
	audioRate int64 // 0: silent
	follower  bool  // a transcoded rendition
	failing   bool  // which fails at times
	lossy     bool  // frames are lost
	leaves    bool  // and comes back
	muxed     bool
	late      bool // sound begins late
	still     bool // no picture comes for a while
	large     bool // as are its pictures
}

var rates = [][2]int64{{15, 1}, {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}}

func newPublisher(seed uint64) *publisher {
	r := rand.New(rand.NewPCG(seed, 1))
	one := func(in int) bool { return r.IntN(in) == 0 }
	p := &publisher{
		rand: r, fps: rates[r.IntN(len(rates))], rounded: one(2), reorder: one(2), audioRate: []int64{0, 44100, 48000, 48000}[r.IntN(4)],
		follower: one(2), lossy: one(3), leaves: one(3), muxed: one(3), late: one(4),
	}
	p.failing, p.still, p.large = p.follower && one(3), one(3), one(2)
	p.keyFrames = int(p.fps[0]*[]int64{1, 2, 2, 3, 4}[r.IntN(5)]/p.fps[1]) + r.IntN(2)
	p.stream = packager.NewStream(packager.Config{
		SegmentDuration: []time.Duration{time.Second, 2 * time.Second, 2 * time.Second, 4 * time.Second}[r.IntN(4)],
		PartDuration:    []time.Duration{133, 200, 250, 334, 500}[r.IntN(5)] * time.Millisecond, Muxed: p.muxed,
	}, nothing{})
	return p
}

func (p *publisher) String() string {
	return fmt.Sprintf("%d/%d fps, key every %d, rounded %v, reordered %v, audio %d, muxed %v, follower %v (failing %v), lossy %v, leaves %v, late %v, still %v (large %v)",
		p.fps[0], p.fps[1], p.keyFrames, p.rounded, p.reorder, p.audioRate, p.muxed, p.follower, p.failing, p.lossy, p.leaves, p.late, p.still, p.large)
}

// excuses names the rules that a source breaks, not its server.
func (p *publisher) excuses(rule string) bool {
	switch rule {
	case "fresh", "no-failure", "hint-answered", "hint-present", "in-sync": // nobody publishes for a while
		return p.leaves || p.failing || p.lossy || p.still
	case "report-true", "hint":
		// A segment that ends early is not what was asked for: its end is seen with the
		// next part only. One that becomes a gap leaves its hint behind.
		return p.leaves || p.failing || p.lossy || p.still
	case "part-max", "part-min": // a frame that lasts longer than a part
		return p.lossy || p.failing || p.still
	case "date-continuous", "same-mapping": // sound goes on without its picture
		return p.lossy && p.audioRate > 0 || p.still && p.reorder
	case "window-minimum": // with holes in it
		return p.lossy
	case "independent-segments", "segment-independent": // a keyframe is lost or late, and a segment must end
		return p.lossy || p.still
	}
	return false
}

func (p *publisher) excusesWarning(rule string) bool {
	switch rule {
	case "part-cadence":
		return p.leaves || p.failing || p.lossy || p.still
	case "window-six": // hls.window says so, with long segments
		return true
	case "part-independent-said": // a keyframe inside a part is no way in
		return true
	case "block-too-far": // what was far is near when the stream goes on at that moment
		return true
	case "same-dates", "audio-aligned":
		return p.lossy || p.late || p.still && p.reorder
	case "video-aligned", "part-dropped", "bandwidth-peak", "bandwidth-average":
		return p.lossy || p.still
	}
	return false
}

// Parameter sets of an x264 stream, Baseline, 640x360 at 30 fps.
var (
	sps = []byte{
		0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2e, 0x48,
	}
	pps = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
)

func picture() media.Track {
	return media.Track{Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}, PPS: [][]byte{pps}, Width: 640, Height: 360}
}

// run publishes until ctx ends, leaving and coming back if that is its way.
func (p *publisher) run(ctx context.Context, t *testing.T) {
	p.origin = time.Now()
	for publication := 0; ctx.Err() == nil; publication++ {
		length := time.Hour
		if p.leaves {
			length = time.Duration(8+p.rand.IntN(15)) * time.Second
		}
		base := media.TicksOf(time.Since(p.origin), 90000)
		tracks := map[string]media.Track{"source": picture()}
		if p.audioRate > 0 {
			config := []byte{0x11, 0x90}
			if p.audioRate == 44100 {
				config = []byte{0x12, 0x10}
			}
			tracks["audio"] = media.Track{
				Codec: media.AAC, Timescale: media.Timescale(p.audioRate), AudioConfig: config, Channels: 2, FrameSamples: 1024,
			}
		}
		id := fmt.Sprintf("p%d", publication)
		err := p.stream.Begin(packager.Epoch{
			ID: id, Leader: "source", Tracks: tracks,
			Clock: media.Clock{Start: p.origin.Add(base.Duration(90000)), Origin: base},
		})
		if err == nil && p.follower {
			err = p.stream.SetTrack("240p", id, picture())
		}
		if err != nil {
			t.Error(err)
			return
		}
		p.publish(ctx, base, length)
		p.stream.End()
		retry.Sleep(ctx, time.Duration(p.rand.IntN(4000))*time.Millisecond)
	}
}

// publish sends frames as they fall due, each with the sound up to it.
func (p *publisher) publish(ctx context.Context, base media.Ticks, length time.Duration) {
	var sound int64
	if p.late {
		sound = 1024 * int64(p.rand.IntN(50))
	}
	lost, down, still := 0, 0, 0
	begun, number := time.Now(), 0
	for frame := 0; time.Since(begun) < length && ctx.Err() == nil; frame++ {
		at := media.Ticks(int64(frame) * 90000 * p.fps[1] / p.fps[0])
		if p.rounded {
			at = media.Rescale(media.Rescale(at, 90000, 1000), 1000, 90000)
		}
		retry.Sleep(ctx, time.Until(begun.Add(at.Duration(90000))))
		if p.lossy && p.rand.IntN(200) == 0 {
			lost = p.rand.IntN(int(p.fps[0]/p.fps[1]) * 2)
		}
		if p.failing && p.rand.IntN(400) == 0 {
			down = p.rand.IntN(int(p.fps[0]/p.fps[1]) * 8)
		}
		if p.still && p.rand.IntN(int(2*p.fps[0]/p.fps[1])) == 0 && still < 0 {
			still = p.rand.IntN(int(p.fps[0]/p.fps[1]) * 7)
		}
		s := media.Sample{DTS: base + at, KeyFrame: number%p.keyFrames == 0, Payload: nal(number%p.keyFrames == 0, p.rand)}
		if p.large {
			s.Payload = append(s.Payload, nal(false, p.rand)...)
		}
		if lost--; lost < 0 && still <= 0 {
			p.write(s, number, down <= 0)
		}
		if still--; still < 0 {
			number++ // what isn't sent wasn't encoded
		}
		down--
		for ; p.audioRate > 0 && media.Ticks(sound*90000/p.audioRate) <= at; sound += 1024 {
			start := media.Rescale(base, 90000, media.Timescale(p.audioRate))
			p.stream.Write("audio", media.Sample{DTS: start + media.Ticks(sound), Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
		}
	}
}

// write sends a frame, and a moment later what a transcoder makes of it.
func (p *publisher) write(s media.Sample, frame int, transcoding bool) {
	step := media.Ticks(90000 * p.fps[1] / p.fps[0])
	low := s
	if p.reorder {
		s.CompositionOffset = step * p.delay(frame%p.keyFrames)
		low.DTS += step // in the order of display
	}
	p.stream.Write("source", s)
	if p.follower && transcoding {
		p.stream.Write("240p", low)
	}
}

// delay is how many frames after its decoding a picture is shown, when two B-frames
// go between the others and GOPs are closed: I, then P B B again and again.
func (p *publisher) delay(inGOP int) media.Ticks {
	if whole := (p.keyFrames - 1) / 3 * 3; inGOP == 0 || inGOP > whole {
		return 1 // and what remains is P
	}
	return []media.Ticks{3, 0, 0}[(inGOP-1)%3]
}

// nal is one slice with its length before it.
func nal(key bool, r *rand.Rand) []byte {
	size := 60 + r.IntN(190)
	b := make([]byte, 4+size)
	b[3], b[4], b[5] = byte(size), 0x41, 0x9a
	if key {
		b[4], b[5] = 0x65, 0x88
	}
	return b
}
