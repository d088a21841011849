//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager"
)

// encoding is how an encoder is set.
type encoding struct {
	fps     int
	group   time.Duration // from keyframe to keyframe
	bFrames int
}

func (e encoding) String() string {
	return fmt.Sprintf("%d fps, groups of %v, %d B-frames", e.fps, e.group, e.bFrames)
}

// clip is what such an encoder made, to be repeated for as long as it takes. Pictures and
// sound have an index each.
type clip struct {
	tracks  [2]media.Track
	samples [2][]media.Sample
	length  time.Duration // of the pictures
	index   [2]int        // of the sample that comes next
	rounds  [2]int        // so many times all samples have come
}

const (
	picture = iota
	sound
)

// encode has FFmpeg make some groups of small pictures, as OBS does with x264.
func (e encoding) encode(t *testing.T) *clip {
	t.Helper()
	frames := int(e.group.Seconds()*float64(e.fps) + 0.5)
	groups := max(1, int(4*time.Second/e.group))
	length := time.Duration(frames*groups) * time.Second / time.Duration(e.fps)
	c := &clip{length: length}
	seconds := fmt.Sprintf("%.3f", length.Seconds())
	fragmented := []string{"-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "-y"}
	for kind, args := range [][]string{
		{
			"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=320x180:rate=%d", e.fps), "-frames:v", fmt.Sprint(frames * groups),
			"-c:v", "libx264", "-preset", "superfast", "-bf", fmt.Sprint(e.bFrames), "-b_strategy", "0", "-sc_threshold", "0",
			"-g", fmt.Sprint(frames), "-keyint_min", fmt.Sprint(frames), "-b:v", "300k", "-video_track_timescale", "90000",
		},
		{"-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", seconds, "-ac", "2", "-c:a", "aac", "-frag_duration", "1000000"},
	} {
		file := filepath.Join(t.TempDir(), fmt.Sprint(kind, ".mp4"))
		if out, err := ffmpeg(t, append(append(args, fragmented...), file)...); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		c.tracks[kind], c.samples[kind] = readMP4(t, file)
	}
	return c
}

// readMP4 reads a fragmented file of one track.
func readMP4(t *testing.T, name string) (track media.Track, samples []media.Sample) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := mp4.DecodeFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	trak := file.Init.Moov.Trak
	stsd := trak.Mdia.Minf.Stbl.Stsd
	track.Timescale = media.Timescale(trak.Mdia.Mdhd.Timescale)
	if entry := stsd.AvcX; entry != nil {
		track.Codec, track.SPS, track.PPS = media.H264, entry.AvcC.SPSnalus, entry.AvcC.PPSnalus
		track.Width, track.Height = int(entry.Width), int(entry.Height)
	} else {
		track.Codec, track.Channels, track.FrameSamples = media.AAC, 2, 1024
		track.AudioConfig = stsd.Mp4a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
	}
	for _, segment := range file.Segments {
		for _, fragment := range segment.Fragments {
			full, err := fragment.GetFullSamples(file.Init.Moov.Mvex.Trex)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range full {
				samples = append(samples, media.Sample{
					DTS: media.Ticks(s.DecodeTime), CompositionOffset: media.Ticks(s.CompositionTimeOffset), Duration: media.Ticks(s.Dur),
					KeyFrame: s.IsSync() || track.Kind() == media.Audio, Payload: s.Data,
				})
			}
		}
	}
	return track, samples
}

// next is the sample of a track that comes next, by timestamps in milliseconds like RTMP's,
// and when it comes.
func (c *clip) next(kind int) (media.Sample, time.Duration) {
	s := c.samples[kind][c.index[kind]]
	if kind == sound {
		s.DTS = media.Ticks(c.rounds[kind]*len(c.samples[kind])+c.index[kind]) * c.tracks[sound].FrameSamples
		return s, s.DTS.Duration(c.tracks[kind].Timescale)
	}
	at := s.DTS.Duration(media.VideoTimescale) + time.Duration(c.rounds[kind])*c.length
	shown := at + s.CompositionOffset.Duration(media.VideoTimescale)
	s.DTS = media.TicksOf(at.Round(time.Millisecond), media.VideoTimescale)
	s.CompositionOffset = media.TicksOf(shown.Round(time.Millisecond), media.VideoTimescale) - s.DTS
	return s, at
}

func (c *clip) advance(kind int) {
	if c.index[kind]++; c.index[kind] == len(c.samples[kind]) {
		c.index[kind] = 0
		c.rounds[kind]++
	}
}

// steppedOrigin is an origin whose stream goes on when it is told to, not by the clock: what
// players do with its parts doesn't depend on how fast the machine is. It serves the
// players' pages too.
type steppedOrigin struct {
	*httptest.Server
	mu     sync.Mutex
	stream *packager.Stream
	clip   *clip
	now    time.Duration
}

// directory has one stream.
type directory struct {
	origin.Streams
	stream *packager.Stream
}

func (d directory) Live(media.StreamID) (*packager.Stream, bool) { return d.stream, true }

// startStepped starts one whose steps are up to most parts long. A player that finds
// several new parts at once, because it is busy, can leave out the last of a segment: in
// hls.js that happens with any encoder (docs/delivery.md).
func startStepped(t *testing.T, e encoding, part time.Duration, most int) *steppedOrigin {
	t.Helper()
	o := &steppedOrigin{clip: e.encode(t)}
	o.stream = packager.NewStream(packager.Config{PartDuration: part, Window: 10 * time.Minute}, packager.Discard{})
	err := o.stream.Begin(packager.Epoch{
		ID: "p", Leader: "source", Clock: media.Clock{Start: time.Now()},
		Tracks: map[string]media.Track{"source": o.clip.tracks[picture], "audio": o.clip.tracks[sound]},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/live/", patient(origin.New(origin.Config{}, directory{stream: o.stream}, nil, slog.New(slog.DiscardHandler))))
	mux.Handle("/", http.FileServer(http.Dir(".")))
	parts := rand.New(rand.NewPCG(1, 2))
	mux.HandleFunc("POST /step", func(w http.ResponseWriter, _ *http.Request) {
		o.step(time.Duration(1+parts.IntN(most)) * o.partTarget())
		w.WriteHeader(http.StatusNoContent)
	})
	o.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		o.stream.Halt()
		o.Close()
	})
	o.step(max(3*e.group, 7*time.Second))
	return o
}

// patient asks again what an origin held for three target durations without an answer: in
// a stream that is stepped that says only that the machine is slow.
func patient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			answer, begun := httptest.NewRecorder(), time.Now()
			h.ServeHTTP(answer, r)
			held := time.Since(begun) > time.Second // else the stream is over
			if answer.Code == http.StatusServiceUnavailable && held && r.Context().Err() == nil {
				continue
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
			return
		}
	})
}

func (o *steppedOrigin) partTarget() time.Duration {
	r, _ := o.stream.Rendition("source")
	return r.PartTarget().Truncate(time.Millisecond)
}

// step lets so much time go by.
func (o *steppedOrigin) step(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.now += d; ; {
		kind := picture
		s, at := o.clip.next(picture)
		if other, earlier := o.clip.next(sound); earlier < at {
			kind, s, at = sound, other, earlier
		}
		if at > o.now {
			return
		}
		o.clip.advance(kind)
		o.stream.Write([]string{"source", "audio"}[kind], s)
	}
}

// arrival is what a viewer was shown: e2e/browser/shown.js.
type arrival struct {
	Failure string
	Frames  int
	Freezes []struct{ MS, Asleep, Picture, CurrentTime float64 }
	Holes   []struct{ From, To float64 }
	Ranges  [][2]float64
	Errors  []string
}

// arrive lets viewers come to a page; see e2e/browser/arrivals.mjs for the options.
func arrive(t *testing.T, options map[string]any) (arrivals []arrival) {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "browser/arrivals.mjs", string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		var a struct{ Arrival arrival }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		arrivals = append(arrivals, a.Arrival)
	}
	return arrivals
}

// page is where a player plays the stream.
func (o *steppedOrigin) page(player string) string {
	return o.URL + "/browser/" + player + ".html?src=" + o.URL + "/live/show/index.m3u8"
}

// checkBuffer fails if a viewer's buffer had a hole.
func checkBuffer(t *testing.T, player string, arrivals []arrival) {
	t.Helper()
	for i, a := range arrivals {
		if a.Failure != "" || a.Frames == 0 {
			t.Errorf("%s, arrival %d: nothing was shown: %s %v", player, i, a.Failure, a.Errors)
		}
		if len(a.Ranges) > 1 || len(a.Holes) > 0 {
			t.Errorf("%s, arrival %d: the buffer has holes: %v %v", player, i, a.Ranges, a.Holes)
		}
	}
}

// OBS sends two B-frames, and a keyframe every two seconds if it is told to. Viewers who
// come at any moment get every picture.
func TestArrivalsWithBFrames(t *testing.T) {
	t.Parallel()
	o := startStepped(t, encoding{fps: 30, group: 2 * time.Second, bFrames: 2}, 250*time.Millisecond, 1)
	for _, player := range []string{"hls", "shaka"} {
		got := arrive(t, map[string]any{"url": o.page(player), "arrivals": 6, "step": o.URL + "/step", "steps": 14})
		if len(got) != 6 {
			t.Errorf("%s: %d arrivals", player, len(got))
		}
		checkBuffer(t, player, got)
		print(t, "%s: %d arrivals", player, len(got))
	}
}
