package remux

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// begin is when the tracks of the tests begin: far from 0, as in a long broadcast.
const begin = 100 * time.Second

// fragmented makes a fragmented MP4 of one track, such as the packager makes, whose
// first sample is shown at begin.
func fragmented(t *testing.T, args ...string) []byte {
	t.Helper()
	args = append([]string{"-v", "error"}, args...)
	args = append(args, "-use_editlist", "0", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "pipe:1")
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.Index(out, []byte("moof")) - 4
	return append(bytes.Clone(out[:first]), retimed(t, out[first:], timescale(t, out))...)
}

// timescale finds the only track's (mdhd, ISO/IEC 14496-12 §8.4.2).
func timescale(t *testing.T, b []byte) media.Timescale {
	t.Helper()
	mdhd := bytes.Index(b, []byte("mdhd"))
	if mdhd < 0 || b[mdhd+4] != 0 {
		t.Fatal("no timescale")
	}
	return media.Timescale(binary.BigEndian.Uint32(b[mdhd+16:]))
}

// retimed moves a track so that its first sample is shown at begin.
func retimed(t *testing.T, b []byte, scale media.Timescale) (out []byte) {
	t.Helper()
	var parts fmp4.Parts
	if err := parts.Unmarshal(b[:bytes.LastIndex(b, []byte("mfra"))-4]); err != nil {
		t.Fatal(err)
	}
	first := parts[0].Tracks[0]
	shift := media.TicksOf(begin, scale) - media.Ticks(first.BaseTime) - media.Ticks(first.Samples[0].PTSOffset)
	for i, part := range parts {
		dts := media.Ticks(part.Tracks[0].BaseTime) + shift
		var run []media.Sample
		for j, s := range part.Tracks[0].Samples {
			run = append(run, media.Sample{
				DTS: dts, CompositionOffset: media.Ticks(s.PTSOffset), Duration: media.Ticks(s.Duration),
				KeyFrame: j == 0, Payload: s.Payload,
			})
			dts += media.Ticks(s.Duration)
		}
		out = append(out, cmaf.Chunk{Sequence: uint32(i + 1), Runs: [][]media.Sample{run}}.Marshal()...)
	}
	return out
}

func picture(t *testing.T) []byte {
	return fragmented(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0")
}

func sound(t *testing.T) []byte {
	return fragmented(t, "-f", "lavfi", "-i", "sine=duration=4", "-c:a", "aac")
}

func whole(b []byte) Input {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

type probed struct {
	Streams []struct {
		Codec  string `json:"codec_name"`
		Start  string `json:"start_time"`
		Frames string `json:"nb_frames"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

func probe(t *testing.T, file string) (p probed) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMP4(t *testing.T) {
	out := filepath.Join(t.TempDir(), "video.mp4")
	var last time.Duration
	err := MP4(t.Context(), "", []Input{whole(picture(t)), whole(sound(t))}, out, func(d time.Duration) { last = d })
	if err != nil {
		t.Fatal(err)
	}
	p := probe(t, out)
	if len(p.Streams) != 2 || p.Streams[0].Codec != "h264" || p.Streams[1].Codec != "aac" || p.Streams[0].Frames != "100" {
		t.Errorf("%+v", p)
	}
	if d, err := strconv.ParseFloat(p.Format.Duration, 64); err != nil || d < 3.95 || d > 4.1 {
		t.Errorf("%s s", p.Format.Duration)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if moov, mdat := bytes.Index(b, []byte("moov")), bytes.Index(b, []byte("mdat")); moov < 0 || moov > mdat {
		t.Errorf("the index is at %d, media at %d", moov, mdat)
	}
	if last == 0 {
		t.Error("no progress was told")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestMP4Fails(t *testing.T) {
	failure := errors.New("the storage is away")
	cancelled, cancel := context.WithCancel(t.Context())
	for name, tt := range map[string]struct {
		ctx   context.Context
		input Input
		want  string
	}{
		"rubbish":   {t.Context(), whole(bytes.Repeat([]byte("rubbish"), 10_000)), "pipe:3"},
		"input":     {t.Context(), func(io.Writer) error { return failure }, failure.Error()},
		"cancelled": {cancelled, func(io.Writer) error { cancel(); <-cancelled.Done(); return cancelled.Err() }, "cancel"},
	} {
		out := filepath.Join(t.TempDir(), "video.mp4")
		err := MP4(tt.ctx, "", []Input{tt.input}, out, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
}

func chunk(at media.Ticks) []byte {
	return cmaf.Chunk{Sequence: 1, Runs: [][]media.Sample{
		{{DTS: at, Duration: 3000, KeyFrame: true, Payload: []byte("picture")}},
		{{DTS: at / 2, Duration: 1024, KeyFrame: true, Payload: []byte("sound")}},
	}}.Marshal()
}

func TestShift(t *testing.T) {
	segment := append(chunk(900_000), chunk(903_000)...)
	want := append(chunk(800_000), chunk(803_000)...)
	if err := Shift(segment, func(track uint32) uint64 { return 100_000 / uint64(track) }); err != nil || !bytes.Equal(segment, want) {
		t.Errorf("%v", err)
	}
	if err := Shift(segment[:len(segment)-3], func(uint32) uint64 { return 1 }); err == nil {
		t.Error("a torn segment is one")
	}
}

func FuzzShift(f *testing.F) {
	f.Add(chunk(1 << 40))
	f.Fuzz(func(_ *testing.T, b []byte) { _ = Shift(b, func(uint32) uint64 { return 1 << 33 }) })
}
