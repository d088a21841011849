package packager

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// nothing is a recorder that keeps nothing.
type nothing struct {
	Discard
	expired int
}

func (n *nothing) Expire(string, *Segment) { n.expired++ }

// Parameter sets of an x264 stream, 640x360.
var (
	testSPS = []byte{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}
	testPPS = []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}
)

func videoTrack() media.Track {
	return media.Track{
		Codec: media.H264, Timescale: media.VideoTimescale, SPS: [][]byte{testSPS}, PPS: [][]byte{testPPS}, Width: 640, Height: 360,
	}
}

func audioTrack(rate int) media.Track {
	return media.Track{
		Codec: media.AAC, Timescale: media.Timescale(rate), AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024,
	}
}

var startTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// source makes an epoch's samples in the order of their arrival.
type source struct {
	stream    *Stream
	fps       [2]int64                    // a fraction
	keyFrames int                         // frames between keyframes
	audioRate int                         // 0: no audio
	ms        bool                        // round times to milliseconds, as RTMP does
	reorder   bool                        // composition offsets as B-frames make them
	offset    func(frame int) media.Ticks // or these
	late      int                         // so many frames after decoding keyframes are shown
	frame     int
	sound     media.Ticks
	base      media.Ticks
	mute      func(frame int) bool // frames that are lost
	follower  string               // a transcoded rendition that gets the same frames
	declared  time.Duration        // the keyframe interval that the encoder says it keeps to
}

func newSource(s *Stream, fps [2]int64, keyFrames, audioRate int) *source {
	return &source{stream: s, fps: fps, keyFrames: keyFrames, audioRate: audioRate}
}

func (s *source) begin(t testing.TB, id string) {
	t.Helper()
	video := videoTrack()
	video.KeyInterval = s.declared
	tracks := map[string]media.Track{"source": video}
	if s.audioRate > 0 {
		tracks["audio"] = audioTrack(s.audioRate)
	}
	err := s.stream.Begin(Epoch{
		ID: id, Clock: media.Clock{Start: startTime.Add(s.base.Duration(90000)), Origin: s.base}, Leader: "source", Tracks: tracks,
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.follower != "" {
		if err := s.stream.SetTrack(s.follower, id, videoTrack()); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *source) dts(frame int) media.Ticks {
	t := media.Ticks(int64(frame) * 90000 * s.fps[1] / s.fps[0])
	if s.ms {
		t = media.Rescale(media.Rescale(t, 90000, 1000), 1000, 90000)
	}
	return s.base + t
}

// run publishes for so long.
func (s *source) run(d time.Duration) {
	end := s.dts(s.frame) + media.TicksOf(d, 90000)
	for s.dts(s.frame) < end {
		s.step()
	}
}

func (s *source) step() {
	dts := s.dts(s.frame)
	sample := media.Sample{DTS: dts, KeyFrame: s.frame%s.keyFrames == 0, Payload: make([]byte, 200)}
	if s.reorder {
		sample.CompositionOffset = []media.Ticks{6000, 15000, 6000, 0}[s.frame%4]
	}
	if s.offset != nil {
		sample.CompositionOffset = s.offset(s.frame)
	}
	if s.mute == nil || !s.mute(s.frame) {
		s.stream.Write("source", sample)
		if s.follower != "" {
			late := sample
			late.CompositionOffset = 0
			if s.reorder {
				late.DTS += 6000 // in the order of display, as a decoder gives them out
			} else if s.offset != nil {
				late.DTS = s.dts(s.frame + s.late)
			}
			s.stream.Write(s.follower, late)
		}
	}
	s.frame++
	for s.audioRate > 0 && media.Rescale(s.sound, media.Timescale(s.audioRate), 90000)+s.base <= dts {
		at := s.sound + media.Rescale(s.base, 90000, media.Timescale(s.audioRate))
		s.stream.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
		s.sound += 1024
	}
}

// rendition is a rendition with what its playlist lists.
func rendition(t testing.TB, s *Stream, name string) *playlist {
	t.Helper()
	l := s.lists.findList(name)
	if l == nil {
		t.Fatalf("no rendition %q", name)
	}
	return l
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; go test ./packager -update rewrites it\ngot:\n%s", file, got)
	}
}

func TestPlaylistsGolden(t *testing.T) {
	s := NewStream(Config{Window: 8 * time.Second, AudioOnly: true}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.ms = true
	src.begin(t, "first")
	src.run(14500 * time.Millisecond)
	golden(t, "source.m3u8", rendition(t, s, "source").Snapshot().Playlist(SkipNothing).Plain())
	golden(t, "audio.m3u8", rendition(t, s, "audio").Snapshot().Playlist(SkipNothing).Plain())
	golden(t, "index.m3u8", s.Multivariant(Span{}).Plain())

	s.End()
	src.base, src.frame, src.sound = media.TicksOf(20*time.Second, 90000), 0, 0
	src.begin(t, "second")
	src.run(3 * time.Second)
	golden(t, "reconnected.m3u8", rendition(t, s, "source").Snapshot().Playlist(SkipNothing).Plain())
	s.End()
	s.Finish()
	golden(t, "ended.m3u8", rendition(t, s, "source").Snapshot().Playlist(SkipNothing).Plain())
}

// RFC 8216bis §4.4.4.9: parts are at most the part target, and at least 85% of it
// but for a segment's last.
func TestPartsFillTheirTarget(t *testing.T) {
	rates := [][2]int64{{15, 1}, {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}}
	for _, fps := range rates {
		for _, ms := range []bool{false, true} {
			for _, rate := range []int{44100, 48000} {
				t.Run(fmt.Sprintf("%d_%d ms=%v %d", fps[0], fps[1], ms, rate), func(t *testing.T) {
					s := NewStream(Config{}, &nothing{})
					src := newSource(s, fps, int(2*fps[0]/fps[1]), rate)
					src.ms = ms
					src.begin(t, "p")
					src.run(20 * time.Second)
					for _, name := range []string{"source", "audio"} {
						checkParts(t, rendition(t, s, name))
					}
				})
			}
		}
	}
}

func checkParts(t *testing.T, r *playlist) {
	t.Helper()
	target := r.PartTarget()
	if target <= 0 || target > 260*time.Millisecond {
		t.Fatalf("%s: part target %v", r.Name(), target)
	}
	snap := r.Snapshot()
	if len(snap.closed) < 5 {
		t.Fatalf("%s: %d segments", r.Name(), len(snap.closed))
	}
	for _, segment := range snap.closed[len(snap.closed)-snap.listed:] {
		var sum time.Duration
		for i, p := range segment.parts() {
			sum += p.Duration
			last := i == len(segment.parts())-1
			if p.Duration > target || (!last && p.Duration < target*85/100) {
				t.Errorf("%s %d.%d: part of %v, target %v", r.Name(), segment.MSN, i, p.Duration, target)
			}
		}
		if d := (sum - segment.Duration).Abs(); d > time.Duration(len(segment.parts()))*time.Nanosecond {
			t.Errorf("%s %d: parts of %v make a segment of %v", r.Name(), segment.MSN, sum, segment.Duration)
		}
	}
}

func TestTargetDuration(t *testing.T) {
	tests := []struct {
		name      string
		keyFrames int
		declared  time.Duration
		want      int
	}{
		{"every 2 s", 60, 0, 2},
		{"every second", 30, 0, 2},
		{"every 1.5 s", 45, 0, 2},
		{"every 2.4 s", 72, 0, 3},
		{"auto, seen before the second keyframe", 250, 0, 9},
		{"auto, declared by the encoder", 250, 250 * time.Second / 30, 9},
		{"early keyframe, auto declared", 20, 250 * time.Second / 30, 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStream(Config{}, &nothing{})
			src := newSource(s, [2]int64{30, 1}, tt.keyFrames, 48000)
			track := videoTrack()
			track.KeyInterval = tt.declared
			if err := s.Begin(Epoch{
				ID: "p", Leader: "source",
				Tracks: map[string]media.Track{"source": track, "audio": audioTrack(48000)},
			}); err != nil {
				t.Fatal(err)
			}
			src.run(40 * time.Second)
			if got := s.TargetDuration(); got != time.Duration(tt.want)*time.Second {
				t.Errorf("target duration %v, want %d s", got, tt.want)
			}
			closed := rendition(t, s, "source").Snapshot().closed
			if len(closed) < 3 {
				t.Errorf("%d segments", len(closed))
			}
			for _, segment := range closed {
				if segment.Duration.Round(time.Second) > s.TargetDuration() {
					t.Errorf("segment %d of %v", segment.MSN, segment.Duration)
				}
				if segment.Dependent {
					t.Errorf("segment %d begins without a keyframe", segment.MSN)
				}
			}
		})
	}
}

// A keyframe interval that nobody could foresee: the target must hold all the same.
func TestTargetDurationHoldsWhenKeyframesStayAway(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(6 * time.Second)
	src.keyFrames = 1 << 30
	src.run(20 * time.Second)
	snap := rendition(t, s, "source").Snapshot()
	playlist := text(snap.Playlist(SkipNothing))
	if snap.LastMSN < 7 {
		t.Errorf("only up to segment %d", snap.LastMSN)
	}
	for _, segment := range snap.closed {
		if segment.Duration.Round(time.Second) > s.TargetDuration() {
			t.Errorf("segment %d of %v", segment.MSN, segment.Duration)
		}
	}
	if strings.Contains(playlist, "INDEPENDENT-SEGMENTS") {
		t.Error("segments are called independent that are not")
	}
}

func TestRenditionsBeginSegmentsTogether(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 44100)
	src.reorder, src.follower = true, "240p"
	src.begin(t, "p")
	src.run(20 * time.Second)
	video, low, audio := rendition(t, s, "source"), rendition(t, s, "240p"), rendition(t, s, "audio")
	for i, v := range video.window.closed[:len(video.window.closed)-1] {
		a := audio.window.closed[i]
		frame := media.Ticks(1024).Duration(44100)
		if later := a.ProgramDateTime.Sub(v.ProgramDateTime); a.MSN != v.MSN || later < 0 || later >= frame {
			t.Errorf("audio %d at %v, video %d at %v", a.MSN, a.ProgramDateTime, v.MSN, v.ProgramDateTime)
		}
		if mapped := a.ProgramDateTime.Sub(s.segmenter.plan.clock.ProgramDateTime(a.Start, media.VideoTimescale)); mapped != 0 {
			t.Errorf("audio %d is dated %v off its media time", a.MSN, mapped)
		}
		if l := low.window.closed[i]; l.MSN != v.MSN || l.Start != v.Start || l.Gap || (l.Duration-v.Duration).Abs() > time.Millisecond {
			t.Errorf("240p %d at %v for %v, source %d at %v for %v", l.MSN, l.Start, l.Duration, v.MSN, v.Start, v.Duration)
		}
	}
}

func TestDeadRenditionGetsGapsAndComesBack(t *testing.T) {
	s := NewStream(Config{Window: 40 * time.Second}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.follower = "240p"
	src.begin(t, "p")
	src.run(8 * time.Second)
	src.follower = ""
	src.run(8 * time.Second)
	if low := rendition(t, s, "240p"); !low.window.closed[len(low.window.closed)-1].Gap {
		t.Error("a rendition that is two segments behind shows no gap")
	}
	src.follower = "240p"
	src.run(10 * time.Second)
	low := rendition(t, s, "240p")
	if strings.HasPrefix(string(low.Snapshot().Playlist(SkipNothing).Plain()), "#EXT-X-GAP") || low.window.closed[0].Gap {
		t.Error("the playlist begins with a gap")
	}
	gaps := 0
	for i, segment := range low.window.closed {
		if int64(i) != segment.MSN-low.window.closed[0].MSN {
			t.Fatalf("media sequence %d at place %d", segment.MSN, i)
		}
		if segment.Gap {
			gaps++
		}
	}
	if last := low.window.closed[len(low.window.closed)-1]; last.Gap || gaps < 2 || gaps > 5 {
		t.Errorf("%d gaps; last segment a gap: %v", gaps, last.Gap)
	}
}

// Pictures that are late are shown late: none is left out, and nobody goes back.
func TestLatePicturesAreKept(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	var late []media.Sample
	src.mute = func(frame int) bool {
		if frame < 200 || frame >= 320 {
			return false
		}
		late = append(late, media.Sample{DTS: src.dts(frame), KeyFrame: frame%60 == 0, Payload: make([]byte, 200)})
		return true
	}
	src.begin(t, "p")
	src.run(320 * time.Second / 30)
	for _, sample := range late {
		s.Write("source", sample)
	}
	src.run(10 * time.Second)
	if c := s.Counters(); c.DroppedSamples > 0 || c.Discontinuities > 0 || c.Gaps > 0 {
		t.Errorf("%+v", c)
	}
	continuous(t, "source", runs(t, rendition(t, s, "source"))[0])
}

// A worker that gives its track once more changes nothing; one that has lost the end of
// an epoch has a gap of the segment's length there.
func TestFollowerThatBeginsAgainOrLosesTheEnd(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.follower = "240p"
	src.begin(t, "p")
	src.run(7 * time.Second)
	if err := s.SetTrack("240p", "p", videoTrack()); err != nil {
		t.Fatal(err)
	}
	src.run(5 * time.Second)
	src.follower = ""
	src.run(3500 * time.Millisecond) // until 15.5 s
	s.End()
	led, low := rendition(t, s, "source").window.closed, rendition(t, s, "240p").window.closed
	if len(led) != 8 || len(low) != len(led) {
		t.Fatalf("%d and %d segments", len(led), len(low))
	}
	for i, segment := range low {
		if segment.Gap != (i >= 6) || segment.MSN != led[i].MSN || segment.Discontinuity || (segment.Duration-led[i].Duration).Abs() > time.Millisecond {
			t.Errorf("segment %d lasts %v, gap %v; the leader's lasts %v", segment.MSN, segment.Duration, segment.Gap, led[i].Duration)
		}
	}
}

func TestWindowMovesAndForgets(t *testing.T) {
	rec := &nothing{}
	s := NewStream(Config{Window: 8 * time.Second}, rec)
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "a")
	for i := range 20 {
		src.run(5 * time.Second)
		if i == 2 {
			s.End()
			src.base, src.frame, src.sound = src.dts(src.frame)+90000, 0, 0
			src.begin(t, "b")
		}
	}
	r := rendition(t, s, "source")
	if n := len(r.segments); n > 14 {
		t.Errorf("%d segments are kept", n)
	}
	if n := len(r.inits); n != 1 {
		t.Errorf("%d initialization sections are kept", n)
	}
	if rec.expired < 70 {
		t.Errorf("%d segments expired", rec.expired)
	}
	playlist := string(r.Snapshot().Playlist(SkipNothing).Plain())
	if !strings.Contains(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n") {
		t.Errorf("a removed discontinuity is not counted:\n%s", playlist)
	}
}

func TestAudioOnly(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	track := audioTrack(44100)
	if err := s.Begin(Epoch{ID: "p", Leader: "audio", Tracks: map[string]media.Track{"audio": track}}); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		s.Write("audio", media.Sample{DTS: media.Ticks(i * 1024), Duration: 1024, KeyFrame: true, Payload: make([]byte, 50)})
	}
	checkParts(t, rendition(t, s, "audio"))
	if got := s.TargetDuration(); got != 2*time.Second {
		t.Errorf("target duration %v", got)
	}
	if index := string(s.Multivariant(Span{}).Plain()); strings.Contains(index, "EXT-X-MEDIA") || !strings.Contains(index, "audio.m3u8") {
		t.Errorf("multivariant playlist:\n%s", index)
	}
}
