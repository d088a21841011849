package packager

import (
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// A playlist never begins with a gap, which some players reject, also while one slides
// out of the window.
func TestNoPlaylistBeginsWithAGap(t *testing.T) {
	s := NewStream(Config{Window: 20 * time.Second}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.follower = "240p"
	src.begin(t, "p")
	src.run(10 * time.Second)
	src.follower = ""
	src.run(9 * time.Second)
	src.follower = "240p"
	gaps := 0
	for range 40 {
		src.run(time.Second)
		closed := rendition(t, s, "240p").Snapshot().closed
		if closed[0].Gap {
			t.Fatalf("the playlist begins with the gap %d", closed[0].MSN)
		}
		for _, segment := range closed {
			if segment.Gap {
				gaps++
			}
		}
	}
	if gaps == 0 {
		t.Error("there was no gap")
	}
}

// EXT-X-INDEPENDENT-SEGMENTS stands only where each segment listed begins with a
// keyframe (RFC 8216bis §4.4.2.1), and comes back when those that don't have left.
func TestIndependentSegments(t *testing.T) {
	s := NewStream(Config{Window: 10 * time.Second}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	const tag = "#EXT-X-INDEPENDENT-SEGMENTS\n"
	said := func() (media, multivariant bool) {
		snap := rendition(t, s, "source").Snapshot()
		if snap.OpenParts > 0 && !snap.openParts[0].Independent {
			t.Fatal("the open segment begins without a keyframe")
		}
		return strings.Contains(text(snap.Playlist(SkipNothing)), tag), strings.Contains(text(s.Multivariant(Span{})), tag)
	}
	src.run(12500 * time.Millisecond)
	if media, multivariant := said(); !media || !multivariant {
		t.Errorf("before: %v, %v", media, multivariant)
	}
	src.keyFrames = 1 << 30
	src.run(8 * time.Second)
	src.frame = (src.frame + 59) / 60 * 60
	src.keyFrames = 60
	src.run(4500 * time.Millisecond)
	if media, multivariant := said(); media || multivariant {
		t.Errorf("with segments that don't begin with a keyframe: %v, %v", media, multivariant)
	}
	src.run(20 * time.Second)
	if media, multivariant := said(); !media || !multivariant {
		t.Errorf("after they have gone: %v, %v", media, multivariant)
	}
}

// Pictures that are coded after a keyframe and shown before it, as open groups of
// pictures have them, are packaged like all others.
func TestLeadingPicturesAreKept(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "p")
	for frame := range 615 {
		s.Write("source", media.Sample{
			DTS: src.dts(frame), CompositionOffset: []media.Ticks{9000, 0, 0, 3000}[frame%4], KeyFrame: frame%60 == 0, Payload: make([]byte, 100),
		})
	}
	r := rendition(t, s, "source")
	pictures := runs(t, r)[0]
	if want := 60 * len(r.window.closed); len(r.window.closed) != 10 || len(pictures) != want || s.Counters().DroppedSamples != 0 {
		t.Errorf("%d pictures in %d segments, want %d; %d dropped", len(pictures), len(r.window.closed), want, s.Counters().DroppedSamples)
	}
	continuous(t, "picture", pictures)
}

// A segment that is in storage is not kept in memory as well, but for the newest.
func TestStoredSegmentsLeaveMemory(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &keeper{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	src.run(60 * time.Second)
	for _, r := range s.lists.lists {
		held := 0
		for _, segment := range r.window.retained {
			if segment.Chunks() != nil {
				held++
			}
		}
		if held == 0 || held > 3 || len(r.window.retained) < 25 {
			t.Errorf("%s holds %d of %d segments in memory", r.Name(), held, len(r.window.retained))
		}
	}
}
