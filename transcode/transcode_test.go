package transcode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(standInVariable); address != "" {
		standIn(address)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestParseLadder(t *testing.T) {
	tests := []struct {
		in      string
		heights []int
		audio   bool
		fails   bool
	}{
		{"off", nil, false, false},
		{"auto", []int{720, 480, 360}, true, false},
		{"360p, 720p,audio", []int{720, 360}, true, false},
		{"audio", nil, true, false},
		{"720", nil, false, true},
		{"", nil, false, true},
		{"99p", nil, false, true},
	}
	for _, tt := range tests {
		l, err := ParseLadder(tt.in)
		if (err != nil) != tt.fails || (err == nil && (!slices.Equal(l.ShortSides, tt.heights) || l.AudioOnly != tt.audio)) {
			t.Errorf("%q: %+v, %v", tt.in, l, err)
		}
	}
}

func TestParseVersion(t *testing.T) {
	const built = "\nconfiguration: --enable-libx264"
	tests := []struct {
		out, want string
		fails     bool
	}{
		{"ffmpeg version 5.1.9-0+deb12u1 Copyright" + built, "5.1", false},
		{"ffmpeg version n7.0.2 Copyright" + built, "7.0", false},
		{"ffmpeg version N-117000-gabc Copyright" + built, "ffmpeg version N-117000-gabc Copyright", false},
		{"ffmpeg version 4.3.1 Copyright" + built, "", true},
		{"ffmpeg version 6.0 Copyright\nconfiguration: --disable-all", "", true},
	}
	for _, tt := range tests {
		got, err := parseVersion(tt.out)
		if got != tt.want || (err != nil) != tt.fails || (err != nil && !errors.Is(err, ErrFFmpeg)) {
			t.Errorf("%q: %q, %v", tt.out, got, err)
		}
	}
	if _, err := Check(context.Background(), "/nonexistent/ffmpeg"); !errors.Is(err, ErrFFmpeg) {
		t.Error(err)
	}
}

// gathered is an Output that keeps times.
type gathered struct {
	mu     sync.Mutex
	tracks map[string]media.Track
	pts    map[string][]media.Ticks
	keys   map[string][]media.Ticks
	first  chan struct{} // closed with the first frame
	once   sync.Once
}

func newGathered() *gathered {
	return &gathered{
		tracks: map[string]media.Track{}, pts: map[string][]media.Ticks{}, keys: map[string][]media.Ticks{},
		first: make(chan struct{}),
	}
}

func (g *gathered) SetTrack(rung string, t media.Track) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tracks[rung] = t
	return nil
}

func (g *gathered) Write(rung string, s media.Sample) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pts[rung] = append(g.pts[rung], s.DTS)
	if s.KeyFrame {
		g.keys[rung] = append(g.keys[rung], s.DTS)
	}
	g.once.Do(func() { close(g.first) })
}

// clip encodes a moving picture and returns it as samples, at odd times that
// milliseconds can't express.
func clip(t *testing.T, codec media.Codec, frames int) (media.Track, []media.Sample) {
	t.Helper()
	return sizedClip(t, codec, "640x360", frames)
}

func sizedClip(t *testing.T, codec media.Codec, size string, frames int) (media.Track, []media.Sample) {
	t.Helper()
	if codec == media.AV1 {
		return av1Clip(t, frames)
	}
	encoder, format, filter := "libx264", "h264", "h264_mp4toannexb"
	params := []string{"-tune", "zerolatency"}
	if codec == media.HEVC {
		encoder, format, filter = "libx265", "hevc", "hevc_mp4toannexb"
		params = []string{"-x265-params", "log-level=none:bframes=0:keyint=30:min-keyint=30:repeat-headers=1"}
	}
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=rate=30:size=" + size, "-frames:v", strconv.Itoa(frames),
		"-c:v", encoder, "-preset", "ultrafast", "-g", "30"}, params...)
	args = append(args, "-bsf:v", filter, "-f", format, "-")
	var out, stderr bytes.Buffer
	cmd := exec.Command("ffmpeg", args...)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	video := &bitstream.Video{Codec: codec}
	var samples []media.Sample
	for _, au := range accessUnits(codec, out.Bytes()) {
		unit, err := video.FromNALUnits(au)
		if err != nil {
			t.Fatal(err)
		}
		if len(unit.Payload) > 0 {
			samples = append(samples, media.Sample{
				DTS: media.Ticks(len(samples)*3003 + 17), KeyFrame: unit.KeyFrame, Payload: unit.Payload,
			})
		}
	}
	track, err := bitstream.VideoTrack(codec, video.Params)
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) != frames {
		t.Fatalf("%d samples of %d frames", len(samples), frames)
	}
	return track, samples
}

func av1Clip(t *testing.T, frames int) (media.Track, []media.Sample) {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30",
		"-frames:v", strconv.Itoa(frames), "-c:v", "libsvtav1", "-preset", "12", "-g", "30", "-f", "obu", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	video := &bitstream.Video{Codec: media.AV1}
	var samples []media.Sample
	for _, unit := range bitstreamtest.TemporalUnits(out) {
		au, err := video.FromOBUStream(unit)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, media.Sample{
			DTS: media.Ticks(len(samples)*3003 + 17), KeyFrame: au.KeyFrame, Payload: au.Payload,
		})
	}
	track, err := bitstream.VideoTrack(media.AV1, video.Params)
	if err != nil || len(samples) != frames {
		t.Fatalf("%d samples of %d frames, %v", len(samples), frames, err)
	}
	return track, samples
}

// accessUnits splits an Annex B stream of pictures that begin with their first
// slice's first_mb_in_slice = 0 (a set bit after the header).
func accessUnits(codec media.Codec, stream []byte) (units [][][]byte) {
	var unit [][]byte
	pictures := 0
	for nalu := range bytes.SplitSeq(stream, []byte{0, 0, 1}) {
		nalu = bytes.TrimSuffix(nalu, []byte{0})
		if len(nalu) < 3 {
			continue
		}
		header, slice := 1, nalu[0]&0x1f == 1 || nalu[0]&0x1f == 5
		if codec == media.HEVC {
			header, slice = 2, nalu[0]>>1 < 32
		}
		first := slice && nalu[header]&0x80 != 0
		if pictures > 0 && (first || !slice) {
			units = append(units, unit)
			unit, pictures = nil, 0
		}
		if slice {
			pictures++
		}
		unit = append(unit, nalu)
	}
	return append(units, unit)
}

var rungs = []Rung{{Name: "240p", ShortSide: 240, BitrateBPS: 400_000}, {Name: "144p", ShortSide: 144, BitrateBPS: 200_000}}

// Every frame of the source comes out of every rung, at the source's exact time,
// and keyframes are where the source has them.
func TestRungsMatchTheSourceFrameByFrame(t *testing.T) {
	for _, codec := range []media.Codec{media.H264, media.HEVC, media.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			track, samples := clip(t, codec, 120)
			out := newGathered()
			w := New(Config{Source: track, Rungs: rungs}, out, slog.New(slog.DiscardHandler))
			done := make(chan error)
			go func() { done <- w.Run(context.Background()) }()
			for _, s := range samples {
				w.Write(s)
			}
			w.Finish()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			var want, wantKeys []media.Ticks
			for _, s := range samples {
				want = append(want, s.PTS())
				if s.KeyFrame {
					wantKeys = append(wantKeys, s.PTS())
				}
			}
			for _, r := range rungs {
				if !slices.Equal(out.pts[r.Name], want) {
					t.Errorf("%s: %d frames of %d, or at other times", r.Name, len(out.pts[r.Name]), len(want))
				}
				if !slices.Equal(out.keys[r.Name], wantKeys) {
					t.Errorf("%s: keyframes at %v, the source's at %v", r.Name, out.keys[r.Name], wantKeys)
				}
				if got := out.tracks[r.Name].Height; got != r.ShortSide {
					t.Errorf("%s is %d high", r.Name, got)
				}
			}
		})
	}
}

// FFmpeg is killed in mid-stream: it is started again, and its children are no
// zombies.
func TestKilledFFmpegIsStartedAgain(t *testing.T) {
	track, samples := clip(t, media.H264, 60)
	out := newGathered()
	var log bytes.Buffer
	w := New(Config{Source: track, Rungs: rungs[:1]}, out, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()

	at := media.Ticks(0)
	feeding := time.NewTicker(time.Second / 60)
	defer feeding.Stop()
	next := 0
	feed := func() {
		<-feeding.C
		s := samples[next%len(samples)]
		s.DTS = at
		at += 3000
		next++
		w.Write(s)
	}
	for !closed(out.first) {
		feed()
	}
	killChildren(t)
	out.mu.Lock()
	before := len(out.pts["240p"])
	out.mu.Unlock()
	after := before
	for deadline := time.Now().Add(20 * time.Second); after < before+60 && time.Now().Before(deadline); {
		feed()
		out.mu.Lock()
		after = len(out.pts["240p"])
		out.mu.Unlock()
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if w.Restarts() == 0 || after < before+60 {
		t.Errorf("%d restarts; %d frames before, %d after\n%s", w.Restarts(), before, after, &log)
	}
	if !slices.IsSorted(out.pts["240p"]) {
		t.Error("frames out of order")
	}
	if kids := children(t); len(kids) > 0 {
		t.Errorf("left behind: %v", kids)
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// children are the processes that this one has, zombies included.
func children(t *testing.T) []int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "pid=,comm=", "--ppid", strconv.Itoa(syscall.Getpid())).Output()
	if err != nil {
		return nil // ps finds none
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[1] == "ps" {
			continue
		}
		if pid, err := strconv.Atoi(fields[0]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func killChildren(t *testing.T) {
	t.Helper()
	kids := children(t)
	if len(kids) != 1 {
		t.Fatalf("children: %v", kids)
	}
	if err := syscall.Kill(kids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// A full queue drops whole groups of pictures: what comes next is a keyframe.
func TestFullQueueDropsGroups(t *testing.T) {
	w := New(Config{Rungs: rungs}, newGathered(), slog.New(slog.DiscardHandler))
	for i := range queueLen + 100 {
		w.Write(media.Sample{DTS: media.Ticks(i), KeyFrame: i%30 == 0})
	}
	if w.Dropped() != 100 {
		t.Errorf("%d dropped", w.Dropped())
	}
	for range 10 {
		<-w.queue
	}
	w.Write(media.Sample{KeyFrame: false})
	w.Write(media.Sample{KeyFrame: true, DTS: 1 << 40})
	w.Finish()
	var last media.Sample
	for s := range w.queue {
		last = s
	}
	if last.DTS != 1<<40 {
		t.Errorf("the last sample is %d", last.DTS)
	}
}

func FuzzCollector(f *testing.F) {
	f.Add([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00\x09\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x17\x01\x00\x00\x00\x00\x00\x00\x10"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		c := &collector{rung: rungs[0], out: newGathered(), times: &sourceTimes{}, alive: func() {}}
		_ = c.run(io.LimitReader(bytes.NewReader(b), 1<<20))
	})
}
