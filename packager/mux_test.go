package packager

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
)

// runs reads what a rendition's listed segments hold, by another parser: for each
// track the decode times and durations of its samples.
func runs(t *testing.T, r *playlist) [][][2]int64 {
	t.Helper()
	all := make([][][2]int64, 2)
	for _, segment := range r.window.closed {
		for _, chunk := range segment.Chunks() {
			file, err := mp4.DecodeFile(bytes.NewReader(chunk))
			if err != nil {
				t.Fatal(err)
			}
			for _, traf := range file.Segments[0].Fragments[0].Moof.Trafs {
				at := int64(traf.Tfdt.BaseMediaDecodeTime())
				track := traf.Tfhd.TrackID - 1
				for _, s := range traf.Trun.Samples {
					all[track] = append(all[track], [2]int64{at, int64(s.Dur)})
					at += int64(s.Dur)
				}
			}
		}
	}
	return all
}

func continuous(t *testing.T, name string, run [][2]int64) {
	t.Helper()
	for i := 1; i < len(run); i++ {
		if run[i][0] != run[i-1][0]+run[i-1][1] {
			t.Errorf("%s: sample at %d after one that ends at %d", name, run[i][0], run[i-1][0]+run[i-1][1])
			return
		}
	}
}

func TestMuxedSoundTravelsWithThePicture(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		s := NewStream(Config{Muxed: true, Window: time.Minute}, &nothing{})
		src := newSource(s, [2]int64{30, 1}, 60, 48000)
		src.reorder, src.follower = reorder, "240p"
		src.begin(t, "p")
		src.run(20 * time.Second)
		if _, ok := s.Rendition("audio"); ok {
			t.Error("there is a rendition of sound alone")
		}
		for _, name := range []string{"source", "240p"} {
			r := rendition(t, s, name)
			checkParts(t, r)
			got := runs(t, r)
			if init, err := r.Init("p"); err != nil || bytes.Count(init, []byte("trak")) != 2 {
				t.Errorf("%s: an initialization section of another number of tracks than two (%v)", name, err)
			}
			continuous(t, name+" picture", got[0])
			continuous(t, name+" sound", got[1])
			if len(got[1]) < 17*47 {
				t.Errorf("%s: %d samples of sound", name, len(got[1]))
			}
			// Within a part, sound and picture are of the same time.
			picture, sound := float64(got[0][len(got[0])-1][0])/90000, float64(got[1][len(got[1])-1][0])/48000
			if lag := picture - sound; lag < -0.15 || lag > 0.15 {
				t.Errorf("%s: the sound ends %.3f s before the picture", name, lag)
			}
		}
		index := text(s.Multivariant(Span{}))
		if strings.Contains(index, "TYPE=AUDIO") || strings.Contains(index, "AUDIO=") || !strings.Contains(index, `CODECS="avc1.64001e,mp4a.40.2"`) {
			t.Error(index)
		}
	}
}

// A picture whose sound has stopped is shown all the same, and with it when it is back.
func TestMuxedPictureGoesOnWithoutSound(t *testing.T) {
	s := NewStream(Config{Muxed: true, Window: time.Minute, AudioOnly: true}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(7 * time.Second)
	src.audioRate = 0
	src.run(8 * time.Second)
	r := rendition(t, s, "source")
	if n := r.Snapshot().LastMSN; n < 5 {
		t.Errorf("only up to segment %d without sound", n)
	}
	if n := len(s.segmenter.mux.waiting); n > 0 {
		t.Errorf("%d pictures still wait", n)
	}
	src.audioRate, src.sound = 48000, media.Rescale(src.dts(src.frame), 90000, 48000)/1024*1024
	src.run(8 * time.Second)
	continuous(t, "picture", runs(t, r)[0])
	last := r.window.lastSegment().Chunks()
	if len(last) == 0 || !bytes.Contains(last[0], []byte{0, 0, 0, 16, 't', 'f', 'h', 'd', 0, 2, 0, 0, 0, 0, 0, 2}) {
		t.Error("the sound has not come back")
	}
	s.End()
	if index := text(s.Multivariant(Span{})); strings.Count(index, "EXT-X-STREAM-INF") != 2 || strings.Contains(index, "AUDIO=") {
		t.Error(index)
	}
}

// Sound that has caught up but for a little is waited for again: silence stays a little
// behind the picture, and belongs into the same parts.
func TestMuxedSoundCatchesUp(t *testing.T) {
	s := NewStream(Config{Muxed: true, Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(7 * time.Second)
	src.audioRate = 0
	src.run(800 * time.Millisecond)
	behind := media.TicksOf(120*time.Millisecond, 90000)
	for range 10 * 30 {
		src.step()
		for ; media.Rescale(src.sound+1024, 48000, 90000) <= src.dts(src.frame)-behind; src.sound += 1024 {
			s.Write("audio", media.Sample{DTS: src.sound, Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
		}
	}
	got := runs(t, rendition(t, s, "source"))
	continuous(t, "picture", got[0])
	continuous(t, "sound", got[1])
	picture, sound := got[0][len(got[0])-1], got[1][len(got[1])-1]
	lag := time.Duration(picture[0]+picture[1])*time.Second/90000 - time.Duration(sound[0]+sound[1])*time.Second/48000
	if lag > oneFrame {
		t.Errorf("the sound of the last part ends %v before its picture", lag)
	}
	if n := len(s.segmenter.mux.waiting); n > 6 {
		t.Errorf("%d pictures wait for sound that is %v behind", n, behind.Duration(90000))
	}
}
