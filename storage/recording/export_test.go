package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// format is what a publication of these tests is made of.
type format struct {
	size  string // of the picture; "": there is none
	sound int    // the sampling rate; 0: there is none
}

const (
	exportFrames = 25 // a second
	exportLength = 4 * time.Second
	exportPause  = 3 * time.Second // after each publication
)

// encoded are the tracks that FFmpeg has made for these tests, by what they were asked for.
var encoded = make(map[string]encodedTrack)

type encodedTrack struct {
	track   media.Track
	samples []media.Sample
}

// encode makes a track with FFmpeg, shown from media time 0 on.
func encode(t *testing.T, args ...string) (media.Track, []media.Sample) {
	t.Helper()
	wanted := strings.Join(args, " ")
	made, ok := encoded[wanted]
	if !ok {
		args = append([]string{"-v", "error"}, args...)
		args = append(args, "-use_editlist", "0", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "pipe:1")
		out, err := exec.Command("ffmpeg", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		made.track, made.samples = readTrack(t, out)
		encoded[wanted] = made
	}
	return made.track, slices.Clone(made.samples)
}

// readTrack reads a fragmented MP4 of one track.
func readTrack(t *testing.T, out []byte) (track media.Track, samples []media.Sample) {
	t.Helper()
	file, err := mp4.DecodeFile(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	trak := file.Init.Moov.Trak
	entry := trak.Mdia.Minf.Stbl.Stsd
	track.Timescale = media.Timescale(trak.Mdia.Mdhd.Timescale)
	switch {
	case entry.AvcX != nil:
		track.Codec, track.SPS, track.PPS = media.H264, entry.AvcX.AvcC.SPSnalus, entry.AvcX.AvcC.PPSnalus
		track.Width, track.Height = int(entry.AvcX.Width), int(entry.AvcX.Height)
	default:
		track.Codec, track.Channels, track.FrameSamples = media.AAC, 1, 1024
		track.AudioConfig = entry.Mp4a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
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

// publishFormat writes a publication of exportLength that begins at a media time, in the
// order of time.
func (s *server) publishFormat(t *testing.T, stream *packager.Stream, id string, f format, from time.Duration) {
	t.Helper()
	tracks, samples := make(map[string]media.Track), make(map[string][]media.Sample)
	seconds := fmt.Sprint(exportLength.Seconds())
	if f.size != "" {
		tracks["source"], samples["source"] = encode(t, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=%d:duration=%s", f.size, exportFrames, seconds),
			"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25", "-video_track_timescale", "90000")
	}
	if f.sound != 0 {
		tracks[soundOnly], samples[soundOnly] = encode(t, "-f", "lavfi", "-i", fmt.Sprintf("sine=sample_rate=%d:duration=%s", f.sound, seconds), "-c:a", "aac")
	}
	leader := "source"
	if f.size == "" {
		leader = soundOnly
	}
	err := stream.Begin(packager.Epoch{
		ID: id, Leader: leader, Tracks: tracks,
		Clock: media.Clock{Start: epoch.Add(from), Origin: media.TicksOf(from, media.VideoTimescale)},
	})
	if err != nil {
		t.Fatal(err)
	}
	type written struct {
		rendition string
		media.Sample
		at time.Duration
	}
	var all []written
	for name, list := range samples {
		for _, sample := range list {
			at := sample.DTS.Duration(tracks[name].Timescale)
			sample.DTS += media.TicksOf(from, tracks[name].Timescale)
			all = append(all, written{name, sample, at})
		}
	}
	slices.SortStableFunc(all, func(a, b written) int { return int(a.at - b.at) })
	for _, w := range all {
		stream.Write(w.rendition, w.Sample)
	}
	stream.End()
	s.drained(t)
}

// recordFormats makes a recording of publications with pauses between them.
func recordFormats(t *testing.T, s *server, formats []format) Recording {
	t.Helper()
	r := s.Recorder("show")
	stream := packager.NewStream(s.packaging, r)
	for i, f := range formats {
		s.publishFormat(t, stream, fmt.Sprintf("p%d", i), f, time.Duration(i)*(exportLength+exportPause))
	}
	r.Pause()
	stream.Finish()
	r.Finish()
	r.Close()
	s.idle(t)
	all, err := s.List(t.Context(), "show")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v\n%s", all, err, s.log)
	}
	return all[0]
}

// movie is what FFmpeg finds in an MP4.
type movie struct {
	size   string // of the pictures
	frames int    // that could be decoded
	rate   int    // of the sound
	// When the last picture and the last sound end.
	picture, sound time.Duration
}

func inspect(t *testing.T, file string) (m movie) {
	t.Helper()
	var probed struct {
		Streams []struct {
			Type string `json:"codec_type"`
			Rate string `json:"sample_rate"`
		} `json:"streams"`
		Frames []struct {
			Type   string `json:"media_type"`
			Time   string `json:"pts_time"`
			Width  int    `json:"width"`
			Height int    `json:"height"`
			Length string `json:"pkt_duration_time"`
		} `json:"frames"`
	}
	var complaints bytes.Buffer
	command := exec.Command("ffprobe", "-v", "warning", "-show_streams", "-show_frames", "-of", "json", file)
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatal(err, complaints.String())
	}
	if err := json.Unmarshal(out, &probed); err != nil {
		t.Fatal(err)
	}
	if complaints.Len() > 0 {
		t.Errorf("FFmpeg says of %s: %s", filepath.Base(file), complaints.String())
	}
	for _, stream := range probed.Streams {
		if stream.Type == "audio" {
			m.rate, _ = strconv.Atoi(stream.Rate)
		}
	}
	for _, frame := range probed.Frames {
		end := seconds(t, frame.Time) + seconds(t, frame.Length)
		if frame.Type == "audio" {
			m.sound = max(m.sound, end)
			continue
		}
		m.frames++
		m.picture = max(m.picture, end)
		if size := fmt.Sprintf("%dx%d", frame.Width, frame.Height); !strings.Contains(m.size, size) {
			m.size += size
		}
	}
	return m
}

func seconds(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// near reports whether two times are the same, but for a frame and the encoder's padding.
func near(a, b time.Duration) bool { return (a - b).Abs() < 100*time.Millisecond }

// export makes the MP4s of a recording.
func (s *server) export(t *testing.T, id string) Recording {
	t.Helper()
	if err := s.Export(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.worker.tasks.Wait()
	if state, progress, failure := s.ExportState(id); state != exportDone || progress != 1 {
		t.Fatalf("%s, %v: %s\n%s", state, progress, failure, s.log)
	}
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A broadcast whose format changed becomes one MP4 a stretch of constant format: all
// frames are there, sound and picture end together, and pauses are left out.
func TestExportOfChangedFormats(t *testing.T) {
	const once, twice = exportLength, 2 * exportLength
	small, large := format{size: "320x180", sound: 48000}, format{size: "640x360", sound: 48000}
	silent, other := format{size: "320x180"}, format{size: "320x180", sound: 44100}
	heard := format{sound: 48000}
	one := func(f format) movie {
		return movie{size: f.size, frames: 100, rate: f.sound, picture: once, sound: once}
	}
	two := func(f format) movie {
		return movie{size: f.size, frames: 200, rate: f.sound, picture: twice, sound: twice}
	}
	for _, tt := range []struct {
		name    string
		muxed   bool
		formats []format
		want    []movie
	}{
		{"constant", false, []format{small, small}, []movie{two(small)}},
		{"picture", false, []format{small, large, large, small}, []movie{one(small), two(large), one(small)}},
		{"picture, muxed", true, []format{small, large}, []movie{one(small), one(large)}},
		{"sound", false, []format{small, other}, []movie{one(small), one(other)}},
		{"sound, muxed", true, []format{other, small}, []movie{one(other), one(small)}},
		{"sound comes", false, []format{silent, small}, []movie{two(small)}},
		{"sound comes, muxed", true, []format{silent, small}, []movie{{size: "320x180", frames: 100, picture: once}, one(small)}},
		{"sound comes back", false, []format{small, silent, small}, []movie{
			{size: "320x180", frames: 200, rate: 48000, picture: twice, sound: once}, one(small),
		}},
		{"picture comes", false, []format{heard, small}, []movie{{size: "320x180", frames: 100, rate: 48000, picture: twice, sound: twice}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := startWith(t, dir, true, func(c *Config) { c.FFmpeg, c.Packager.Muxed = "ffmpeg", tt.muxed })
			r := s.export(t, recordFormats(t, s, tt.formats).ID)
			if len(r.Movies()) != len(tt.want) {
				t.Fatalf("%q, want %d files", r.Movies(), len(tt.want))
			}
			start := epoch
			for i, name := range r.Movies() {
				got, want := inspect(t, filepath.Join(dir, "live/show/recordings", r.ID, name)), tt.want[i]
				if got.size != want.size || got.frames != want.frames || got.rate != want.rate || !near(got.picture, want.picture) || !near(got.sound, want.sound) {
					t.Errorf("%s: %+v, want %+v", name, got, want)
				}
				if len(r.MP4Parts) == 0 {
					continue
				}
				part := r.MP4Parts[i]
				if size := fmt.Sprintf("%dx%d", part.Width, part.Height); size != want.size ||
					!near(time.Duration(part.DurationMS)*time.Millisecond, want.picture) || !near(part.Start.Sub(start), 0) {
					t.Errorf("the API says of it %+v, want a start at %v", part, start)
				}
				start = start.Add(want.picture / once * (exportLength + exportPause))
			}
			if err := s.Delete(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			s.drained(t)
			if left := filesBelow(t, dir); len(left) > 0 {
				t.Errorf("left after the deletion: %v", left)
			}
		})
	}
}
