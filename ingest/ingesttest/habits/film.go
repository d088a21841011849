package habits

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
)

// Film is a coded picture track of H.264, and sound of AAC: what a publication sends.
type Film struct {
	SPS, PPS    []byte
	Pictures    []Picture // in decode order
	AudioConfig []byte    // AudioSpecificConfig
	SampleRate  int
	Sounds      [][]byte // access units of 1,024 samples
	Length      time.Duration
}

// Picture is a coded picture, without parameter sets. Times are at 90 kHz.
type Picture struct {
	DTS, PTS int64
	Key      bool
	NALUnits [][]byte
}

// At is when the picture is sent.
func (p Picture) At() time.Duration { return time.Duration(p.DTS) * time.Second / 90000 }

// SoundTime is the time of a unit of sound at 90 kHz.
func (f *Film) SoundTime(i int) int64 { return int64(i) * 1024 * 90000 / int64(f.SampleRate) }

// SoundAt is when it is sent.
func (f *Film) SoundAt(i int) time.Duration {
	return time.Duration(i) * 1024 * time.Second / time.Duration(f.SampleRate)
}

// unit is a picture or a unit of sound of a film.
type unit struct {
	at    time.Duration
	kind  media.Kind
	index int
}

// units are those of the film in the order in which they are sent: sound so much later
// than the picture of its time.
func (f *Film) units(soundDelay time.Duration) (all []unit) {
	for i, p := range f.Pictures {
		all = append(all, unit{p.At(), media.Video, i})
	}
	for i := range f.Sounds {
		all = append(all, unit{f.SoundAt(i) + soundDelay, media.Audio, i})
	}
	slices.SortStableFunc(all, func(a, b unit) int { return cmp.Compare(a.at, b.at) })
	return all
}

// Encoding is how FFmpeg makes a film. The zero value is 320x180 at 25/s with a keyframe
// every second, without B-frames, with mono sound of 48 kHz, for 8 s.
type Encoding struct {
	Size       string
	BFrames    int
	X264       string // more of -x264-params
	SampleRate int
	Seconds    int
}

// FrameRate is that of all films, per second.
const FrameRate = 25

var films = struct {
	sync.Mutex
	made map[Encoding]*Film
}{made: make(map[Encoding]*Film)}

// Make encodes a film; the same encoding is made once.
func Make(t testing.TB, e Encoding) *Film {
	t.Helper()
	films.Lock()
	defer films.Unlock()
	asked := e
	if f := films.made[asked]; f != nil {
		return f
	}
	if e.Size == "" {
		e.Size = "320x180"
	}
	if e.SampleRate == 0 {
		e.SampleRate = 48000
	}
	if e.Seconds == 0 {
		e.Seconds = 8
	}
	f := &Film{SampleRate: e.SampleRate, Length: time.Duration(e.Seconds) * time.Second}
	f.readPictures(decode(t, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=%d:duration=%d", e.Size, FrameRate, e.Seconds),
		"-c:v", "libx264", "-preset", "superfast", "-bf", fmt.Sprint(e.BFrames), "-b_strategy", "0", "-g", fmt.Sprint(FrameRate), "-sc_threshold", "0",
		"-x264-params", "sliced-threads=0:rc-lookahead=0:sync-lookahead=0:"+e.X264, "-b:v", "300k", "-video_track_timescale", "90000"), t)
	f.readSound(decode(t, "-f", "lavfi", "-i", fmt.Sprintf("sine=sample_rate=%d:duration=%d", e.SampleRate, e.Seconds), "-c:a", "aac", "-b:a", "64k"), t)
	films.made[asked] = f
	return f
}

// decode has FFmpeg make a fragmented MP4.
func decode(t testing.TB, args ...string) *mp4.File {
	t.Helper()
	args = append([]string{"-v", "error"}, args...)
	args = append(args, "-use_editlist", "0", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "pipe:1")
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := mp4.DecodeFile(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func eachSample(t testing.TB, file *mp4.File, each func(mp4.FullSample)) {
	t.Helper()
	for _, segment := range file.Segments {
		for _, fragment := range segment.Fragments {
			samples, err := fragment.GetFullSamples(file.Init.Moov.Mvex.Trex)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range samples {
				each(s)
			}
		}
	}
}

func (f *Film) readPictures(file *mp4.File, t testing.TB) {
	t.Helper()
	config := file.Init.Moov.Trak.Mdia.Minf.Stbl.Stsd.AvcX.AvcC
	f.SPS, f.PPS = config.SPSnalus[0], config.PPSnalus[0]
	eachSample(t, file, func(s mp4.FullSample) {
		f.Pictures = append(f.Pictures, Picture{
			DTS: int64(s.DecodeTime), PTS: int64(s.DecodeTime) + int64(s.CompositionTimeOffset), Key: s.IsSync(), NALUnits: splitUnits(s.Data),
		})
	})
}

func (f *Film) readSound(file *mp4.File, t testing.TB) {
	t.Helper()
	f.AudioConfig = file.Init.Moov.Trak.Mdia.Minf.Stbl.Stsd.Mp4a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
	eachSample(t, file, func(s mp4.FullSample) { f.Sounds = append(f.Sounds, s.Data) })
}

// splitUnits splits a picture with length prefixes of four bytes.
func splitUnits(b []byte) (units [][]byte) {
	for len(b) >= 4 {
		n := int(binary.BigEndian.Uint32(b))
		units = append(units, b[4:4+n])
		b = b[4+n:]
	}
	return units
}

// lengthPrefixed is the opposite.
func lengthPrefixed(units [][]byte) (b []byte) {
	for _, n := range units {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}

// sets are the picture's NAL units, after parameter sets if wanted.
func (f *Film) sets(p Picture, with bool) [][]byte {
	if !with {
		return p.NALUnits
	}
	return append([][]byte{f.SPS, f.PPS}, p.NALUnits...)
}

// Cue is a piece of a stream, and when it is sent.
type Cue struct {
	At   time.Duration // since the connection
	Data []byte
}
