package gohlslib

import (
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	peer "github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager"
)

// What both are given: 30 frames a second of 12.5 kB (3 Mbit/s), a keyframe every
// 2 s, parts of at most 200 ms, AAC at 48 kHz.
const (
	keyFrames = 60
	frameStep = 3000 // 90 kHz
	segment   = 2 * time.Second
	part      = 200 * time.Millisecond
)

var (
	// Parameter sets of an x264 stream, Baseline, 640x360 at 30 fps.
	sps   = []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2e, 0x48}
	pps   = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
	aac   = []byte{0x11, 0x90}
	epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	sound = make([]byte, 340)
)

// nal is one slice: an IDR picture or another.
func nal(key bool) []byte {
	b := make([]byte, 12_500)
	b[0], b[1] = 0x41, 0x9a
	if key {
		b[0], b[1] = 0x65, 0x88
	}
	return b
}

var idr, other = nal(true), nal(false)

// picture is an access unit as the peer wants it.
func picture(frame int) [][]byte {
	if frame%keyFrames == 0 {
		return [][]byte{sps, pps, idr}
	}
	return [][]byte{other}
}

// ours is Lightstick's packager, fed like the peer.
type ours struct {
	stream  *packager.Stream
	frame   int
	unit    int
	payload [2][]byte
}

type nothing struct{ packager.Discard }

func newOurs(tb testing.TB) *ours {
	tb.Helper()
	s := packager.NewStream(packager.Config{SegmentDuration: segment, PartDuration: part, Window: 7 * segment}, nothing{})
	err := s.Begin(packager.Epoch{ID: "p", Clock: media.Clock{Start: epoch}, Leader: "source", Tracks: map[string]media.Track{
		"source": {Codec: media.H264, Timescale: 90000, SPS: [][]byte{sps}, PPS: [][]byte{pps}, Width: 640, Height: 360},
		"audio":  {Codec: media.AAC, Timescale: 48000, AudioConfig: aac, Channels: 2, FrameSamples: 1024},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	prefixed := func(nal []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...) }
	return &ours{stream: s, payload: [2][]byte{prefixed(other), prefixed(idr)}}
}

func (o *ours) picture() {
	key := o.frame%keyFrames == 0
	payload := o.payload[0]
	if key {
		payload = o.payload[1]
	}
	o.stream.Write("source", media.Sample{DTS: media.Ticks(o.frame * frameStep), KeyFrame: key, Payload: payload})
	o.frame++
}

func (o *ours) sound() {
	o.stream.Write("audio", media.Sample{DTS: media.Ticks(o.unit * 1024), Duration: 1024, KeyFrame: true, Payload: sound})
	o.unit++
}

// theirs is gohlslib's muxer.
type theirs struct {
	muxer        *peer.Muxer
	video, audio *peer.Track
	frame, unit  int
}

func newTheirs(tb testing.TB) *theirs {
	tb.Helper()
	var config mpeg4audio.AudioSpecificConfig
	if err := config.Unmarshal(aac); err != nil {
		tb.Fatal(err)
	}
	t := &theirs{
		video: &peer.Track{Codec: &codecs.H264{SPS: sps, PPS: pps}, ClockRate: 90000},
		audio: &peer.Track{Codec: &codecs.MPEG4Audio{Config: config}, ClockRate: 48000},
	}
	t.muxer = &peer.Muxer{
		Variant: peer.MuxerVariantLowLatency, SegmentCount: 7, SegmentMinDuration: segment, PartMinDuration: part,
		SegmentMaxSize: 1 << 30, Tracks: []*peer.Track{t.video, t.audio},
	}
	if err := t.muxer.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(t.muxer.Close)
	return t
}

func (t *theirs) picture(tb testing.TB) {
	pts := int64(t.frame * frameStep)
	at := epoch.Add(time.Duration(pts) * time.Second / 90000)
	if err := t.muxer.WriteH264(t.video, at, pts, picture(t.frame)); err != nil {
		tb.Fatal(err)
	}
	t.frame++
}

func (t *theirs) sound(tb testing.TB) {
	pts := int64(t.unit * 1024)
	at := epoch.Add(time.Duration(pts) * time.Second / 48000)
	if err := t.muxer.WriteMPEG4Audio(t.audio, at, pts, [][]byte{sound}); err != nil {
		tb.Fatal(err)
	}
	t.unit++
}

// soundsFor is how many units of sound begin before a frame.
func soundsFor(frame int) int { return frame * frameStep * 48 / 90 / 1024 }

// BenchmarkSample packages a stream; the time is that of one sample, picture or
// sound, in the proportion in which they come.
func BenchmarkSample(b *testing.B) {
	b.Run("lightstick", func(b *testing.B) {
		o := newOurs(b)
		b.ReportAllocs()
		for b.Loop() {
			if o.unit < soundsFor(o.frame) {
				o.sound()
			} else {
				o.picture()
			}
		}
	})
	b.Run("gohlslib", func(b *testing.B) {
		t := newTheirs(b)
		b.ReportAllocs()
		for b.Loop() {
			if t.unit < soundsFor(t.frame) {
				t.sound(b)
			} else {
				t.picture(b)
			}
		}
	})
}

// directory shows one stream to the origin.
type directory struct {
	origin.Streams
	stream *packager.Stream
}

func (d directory) Live(media.StreamID) (*packager.Stream, bool) { return d.stream, true }

// BenchmarkPlaylist answers a request for a playlist that is there.
func BenchmarkPlaylist(b *testing.B) {
	const frames = 20 * 30
	run := func(b *testing.B, h http.Handler, path string) {
		r := httptest.NewRequest("GET", path, nil)
		w := &answer{header: make(http.Header)}
		b.ReportAllocs()
		for b.Loop() {
			clear(w.header)
			h.ServeHTTP(w, r)
			if w.code != http.StatusOK && w.code != 0 {
				b.Fatal(w.code)
			}
		}
	}
	b.Run("lightstick", func(b *testing.B) {
		o := newOurs(b)
		for o.frame < frames {
			for o.unit < soundsFor(o.frame) {
				o.sound()
			}
			o.picture()
		}
		run(b, origin.New(origin.Config{}, directory{stream: o.stream}, nil, slog.New(slog.DiscardHandler)), "/live/show/source.m3u8")
	})
	b.Run("gohlslib", func(b *testing.B) {
		t := newTheirs(b)
		for t.frame < frames {
			for t.unit < soundsFor(t.frame) {
				t.sound(b)
			}
			t.picture(b)
		}
		index := httptest.NewRecorder()
		t.muxer.Handle(index, httptest.NewRequest("GET", "/index.m3u8", nil))
		run(b, http.HandlerFunc(t.muxer.Handle), "/"+videoPlaylist(b, index.Body.String()))
	})
}

// answer is a ResponseWriter that costs nothing.
type answer struct {
	header http.Header
	code   int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }

// videoPlaylist is the first variant of a multivariant playlist.
func videoPlaylist(tb testing.TB, index string) string {
	tb.Helper()
	for line := range strings.Lines(index) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line
		}
	}
	tb.Fatalf("no variant in\n%s", index)
	return ""
}
