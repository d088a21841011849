package thumbnail

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/jpeg"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// encoders make each codec, every frame a keyframe, nothing held back.
var encoders = map[media.Codec][]string{
	media.H264: {"-c:v", "libx264", "-preset", "ultrafast"},
	media.HEVC: {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=1"},
	media.AV1:  {"-c:v", "libaom-av1", "-cpu-used", "8", "-lag-in-frames", "0"},
}

// clip is keyframes with their track.
type clip struct {
	track  media.Track
	frames []Frame
}

// encode makes keyframes, one a second, of an FFmpeg source filter that makes one
// picture a second.
func encode(t testing.TB, codec media.Codec, filter string, more ...string) clip {
	t.Helper()
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", filter, "-pix_fmt", "yuv420p", "-g", "1"}, encoders[codec]...)
	args = append(append(args, more...), "-movflags", "delay_moov+default_base_moof+frag_every_frame", "-f", "mp4", "-")
	var stderr bytes.Buffer
	cmd := exec.Command("ffmpeg", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return take(t, codec, out)
}

// take finds track and samples in fragmented MP4.
func take(t testing.TB, codec media.Codec, b []byte) clip {
	t.Helper()
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	var parts fmp4.Parts
	if err := parts.Unmarshal(b[bytes.Index(b, []byte("moof"))-4:]); err != nil {
		t.Fatal(err)
	}
	var params bitstream.ParamSets
	switch c := init.Tracks[0].Codec.(type) {
	case *codecs.H264:
		params.SPS, params.PPS = [][]byte{c.SPS}, [][]byte{c.PPS}
	case *codecs.H265:
		params.VPS, params.SPS, params.PPS = [][]byte{c.VPS}, [][]byte{c.SPS}, [][]byte{c.PPS}
	case *codecs.AV1: // noticed in the stream
	}
	video := &bitstream.Video{Codec: codec, Params: params}
	var c clip
	scale := media.Timescale(init.Tracks[0].TimeScale)
	first := media.Ticks(parts[0].Tracks[0].BaseTime) + media.Ticks(parts[0].Tracks[0].Samples[0].PTSOffset)
	for _, p := range parts {
		dts := p.Tracks[0].BaseTime
		for _, s := range p.Tracks[0].Samples {
			var au bitstream.AccessUnit
			var err error
			if codec == media.AV1 {
				au, err = video.FromOBUStream(s.Payload)
			} else {
				au, err = video.FromLengthPrefixed(s.Payload, 4)
			}
			if err != nil {
				t.Fatal(err)
			}
			if au.KeyFrame || au.RecoveryPoint {
				at := media.Ticks(dts) + media.Ticks(s.PTSOffset) - first
				c.frames = append(c.frames, Frame{At: at.Duration(scale), Payload: au.Payload})
			}
			dts += uint64(s.Duration)
		}
	}
	var err error
	if c.track, err = bitstream.VideoTrack(codec, video.Params); err != nil {
		t.Fatal(err)
	}
	return c
}

// source gives the clip's frames, with sound in the initialization section if muxed.
func (c clip) source(t testing.TB, muxed bool) Source {
	t.Helper()
	tracks := []media.Track{c.track}
	if muxed {
		tracks = append(tracks, media.Track{
			Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024,
		})
	}
	init, err := cmaf.Init(tracks...)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Track: c.track, Init: init, Frames: given(c.frames)}
}

func given(frames []Frame) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for _, f := range frames {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// shades is a source filter whose picture is of one colour that tells the second: red
// and blue go around a circle of 20 seconds.
func shades(size string, seconds int) string {
	return fmt.Sprintf("color=black:size=%s:rate=1:duration=%d,format=rgb24,"+
		"geq=r='128+100*cos(T*PI/10)':g=128:b='128+100*sin(T*PI/10)'", size, seconds)
}

func shade(at time.Duration) color.RGBA {
	angle := at.Seconds() * math.Pi / 10
	return color.RGBA{R: uint8(128 + 100*math.Cos(angle)), G: 128, B: uint8(128 + 100*math.Sin(angle)), A: 255}
}

// checkShades compares the middle of each picture with the colour of its time.
func checkShades(t *testing.T, thumbs []Thumb, width, height int) {
	t.Helper()
	for _, thumb := range thumbs {
		picture, err := jpeg.Decode(bytes.NewReader(thumb.JPEG))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != width || size.Y != height {
			t.Fatalf("%v: %v, not %dx%d", thumb.At, size, width, height)
		}
		r, g, b, _ := picture.At(width/2, height/2).RGBA()
		want := shade(thumb.At)
		far := max(distance(r, want.R), distance(g, want.G), distance(b, want.B))
		if far > 6 {
			t.Errorf("%v: colour %d %d %d, not %v", thumb.At, r>>8, g>>8, b>>8, want)
		}
	}
}

func distance(got uint32, want uint8) int {
	d := int(got>>8) - int(want)
	return max(d, -d)
}

// processes lists the FFmpegs that this process has, zombies included.
func processes(t *testing.T) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat") // not all kernels list children
	if err != nil || len(files) == 0 {
		t.Fatal("processes can't be listed", err)
	}
	ours := strconv.Itoa(os.Getpid())
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// PID (NAME) STATE PARENT …, see proc_pid_stat(5)
		pid, rest, _ := strings.Cut(string(text), " (")
		name, rest, _ := strings.Cut(rest, ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == ours && strings.HasPrefix(name, "ffmpeg") {
			found = append(found, pid)
		}
	}
	return found
}

var background = context.Background()
