package remux

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

const lavfi = "testsrc2=size=320x180:rate=25:duration=4"

// pictures and sounds are FFmpeg's arguments for each codec, by the sample entry that
// players want it under.
var (
	pictures = map[string][]string{
		"avc1": {"-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "3"},
		"hvc1": {"-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none:keyint=25:bframes=3"},
		"av01": {"-c:v", "libsvtav1", "-preset", "12", "-g", "25"},
	}
	sounds = map[string][]string{
		"aac": {"-c:a", "aac"}, "mp3": {"-c:a", "libmp3lame"},
		"opus": {"-c:a", "libopus"}, "ac3": {"-c:a", "ac3"}, "eac3": {"-c:a", "eac3"},
	}
)

// stream is what ffprobe says of one.
type stream struct {
	Codec string `json:"codec_name"`
	Tag   string `json:"codec_tag_string"`
	Start string `json:"start_time"`
}

func streams(t *testing.T, file string) (found []stream) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream", "-of", "json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Streams []stream }
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p.Streams
}

// times are when a stream's packets are shown, in seconds, in order.
func times(t *testing.T, file, stream string) (at []float64) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	for field := range strings.FieldsSeq(string(out)) {
		s, err := strconv.ParseFloat(strings.Trim(field, ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, s)
	}
	slices.Sort(at)
	return at
}

// Every codec that the packager knows comes through with all its frames, under the
// tag that players want, and sound begins with the picture.
func TestCodecs(t *testing.T) {
	for tag, picture := range pictures {
		for codec, sound := range sounds {
			t.Run(tag+" "+codec, func(t *testing.T) {
				video := fragmented(t, append([]string{"-f", "lavfi", "-i", lavfi}, picture...)...)
				audio := fragmented(t, append([]string{"-f", "lavfi", "-i", "sine=duration=4:sample_rate=48000"}, sound...)...)
				out := filepath.Join(t.TempDir(), "video.mp4")
				if err := MP4(t.Context(), "", []Input{whole(video), whole(audio)}, out, nil); err != nil {
					t.Fatal(err)
				}
				s := streams(t, out)
				if len(s) != 2 || s[0].Tag != tag || s[1].Codec != codec {
					t.Fatalf("%+v", s)
				}
				seen, heard := times(t, out, "v"), times(t, out, "a")
				if math.Abs(seen[0]-heard[0]) > 0.001 {
					t.Errorf("seen from %v, heard from %v", seen[0], heard[0])
				}
				if length := seen[len(seen)-1] - seen[0]; len(seen) != 100 || math.Abs(length-3.96) > 0.001 {
					t.Errorf("%d frames within %v s", len(seen), length)
				}
			})
		}
	}
}

// The sound of a publication outlasts its picture; that of the next one begins with
// its picture, before the other's end. Nothing after that is late.
func TestSoundOverlaps(t *testing.T) {
	video := fragmented(t, append([]string{"-f", "lavfi", "-i", lavfi}, pictures["avc1"]...)...)
	audio := fragmented(t, "-f", "lavfi", "-i", "sine=duration=2.1:sample_rate=48000", "-c:a", "aac")
	earlier := func(track []byte, scale media.Timescale) []byte {
		first := bytes.Index(track, []byte("moof")) - 4
		section, segments := slices.Clone(track[:first]), slices.Clone(track[first:])
		if err := Shift(segments, func(uint32) uint64 { return uint64(media.TicksOf(2*time.Second, scale)) }); err != nil {
			t.Fatal(err)
		}
		return append(section, segments...)
	}
	sound := append(earlier(audio, 48000), audio[bytes.Index(audio, []byte("moof"))-4:]...)
	out := filepath.Join(t.TempDir(), "video.mp4")
	if err := MP4(t.Context(), "", []Input{whole(earlier(video, timescale(t, video))), whole(sound)}, out, nil); err != nil {
		t.Fatal(err)
	}
	seen, heard := times(t, out, "v"), times(t, out, "a")
	last := heard[len(heard)-1] - seen[0]
	if want := 2 + float64(len(heard)/2-1)*1024/48000; math.Abs(last-want) > 0.001 {
		t.Errorf("the last sound begins at %v s, not %v", last, want)
	}
}
