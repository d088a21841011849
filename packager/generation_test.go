package packager

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// reconnect ends the epoch and begins another a second later, with a keyframe each so
// many frames.
func (s *source) reconnect(t *testing.T, id string, keyFrames int) {
	t.Helper()
	s.stream.End()
	s.base += media.Ticks(s.dts(s.frame)) - s.base + 90000
	s.frame, s.sound, s.keyFrames = 0, 0, keyFrames
	s.begin(t, id)
}

// tag is the value of a tag or attribute in a playlist.
func tag(t *testing.T, playlist, name string) string {
	t.Helper()
	found := regexp.MustCompile(name + `[:=]([^,\n]+)`).FindStringSubmatch(playlist)
	if found == nil {
		t.Fatalf("no %s in\n%s", name, playlist)
	}
	return found[1]
}

// generationPlaylist is the media playlist of a name as multivariant playlists have it.
func generationPlaylist(t *testing.T, s *Stream, name string) string {
	t.Helper()
	r, target, iFrames, ok := s.Playlist(name)
	if !ok {
		t.Fatalf("no playlist %q", name)
	}
	view, ok := r.Snapshot().In(target)
	if !ok {
		t.Fatalf("nothing in playlist %q", name)
	}
	if iFrames {
		return string(view.IFrames().Plain())
	}
	return string(view.Playlist(SkipNothing).Plain())
}

// longestListed is the longest EXTINF, as EXT-X-TARGETDURATION counts it.
func longestListed(playlist string) (longest int) {
	for _, inf := range regexp.MustCompile(`#EXTINF:([0-9.]+)`).FindAllStringSubmatch(playlist, -1) {
		seconds, _ := strconv.ParseFloat(inf[1], 64)
		longest = max(longest, int(math.Round(seconds)))
	}
	return longest
}

func TestGenerationAfterReconnect(t *testing.T) {
	for _, tt := range []struct {
		name     string
		declared time.Duration
		after    time.Duration // when the generation has begun
	}{
		{"the encoder declares its interval", 2 * time.Second, 12 * time.Second},
		{"it doesn't", 0, generationTrial + 4*time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &diary{}
			s := NewStream(Config{}, d)
			src := newSource(s, [2]int64{30, 1}, 250, 48000)
			src.follower = "360p"
			src.begin(t, "first")
			src.run(40 * time.Second)
			if got := s.Multivariant(Span{}).Plain(); !strings.Contains(string(got), "\nsource.m3u8\n") {
				t.Fatalf("before:\n%s", got)
			}
			src.declared = tt.declared
			src.reconnect(t, "second", 60)
			src.run(4 * time.Second)
			if got := string(s.Multivariant(Span{}).Plain()); strings.Contains(got, ".2s.") {
				t.Errorf("after two segments:\n%s", got)
			}
			src.run(tt.after - 4*time.Second)
			index := string(s.Multivariant(Span{}).Plain())
			for _, want := range []string{"\nsource.2s.m3u8\n", "\n360p.2s.m3u8\n", `URI="audio.2s.m3u8"`, `URI="source.2s.iframes.m3u8"`} {
				if !strings.Contains(index, want) {
					t.Errorf("no %q in\n%s", want, index)
				}
			}
			// All that there is, is in the first generation's playlists.
			if spans := string(s.Multivariant(Span{Start: startTime}).Plain()); !strings.Contains(spans, "\nsource.m3u8?start=") {
				t.Errorf("got\n%s", spans)
			}
			checkGenerations(t, s)
			if s.ShortestTarget() != 2*time.Second || s.TargetDuration() != 9*time.Second {
				t.Errorf("target durations %v and %v", s.ShortestTarget(), s.TargetDuration())
			}

			// The creator's keyframes are rare again: the shorter target holds.
			src.declared = 0
			src.reconnect(t, "third", 250)
			src.run(40 * time.Second)
			checkGenerations(t, s)

			// A server that starts anew has the playlists of both generations.
			restored, err := Restore(Config{}, &nothing{}, d.reread(t), d.locate)
			if err != nil {
				t.Fatal(err)
			}
			checkGenerations(t, restored)
			src.stream = restored
			src.frame, src.sound, src.base = 0, 0, src.dts(src.frame)+90000
			src.begin(t, "fourth")
			src.run(20 * time.Second)
			checkGenerations(t, restored)
		})
	}
}

// checkGenerations compares the playlists of both generations.
func checkGenerations(t *testing.T, s *Stream) {
	t.Helper()
	for _, name := range []string{"source", "audio", "360p"} {
		old, fresh := generationPlaylist(t, s, name), generationPlaylist(t, s, name+".2s")
		for _, want := range []struct{ playlist, tag, value string }{
			{old, "TARGETDURATION", "9"}, {fresh, "TARGETDURATION", "2"}, {old, "[^-]HOLD-BACK", "27.000"}, {fresh, "[^-]HOLD-BACK", "6.000"},
			{fresh, "CAN-SKIP-UNTIL", "12.000"}, {fresh, "PART-TARGET", tag(t, old, "PART-TARGET")},
		} {
			if got := tag(t, want.playlist, want.tag); !strings.HasPrefix(got, strings.TrimRight(want.value, "0.")) {
				t.Errorf("%s: %s is %s, want %s", name, want.tag, got, want.value)
			}
		}
		if got := longestListed(fresh); got > 2 {
			t.Errorf("%s: a segment of %d s in\n%s", name, got, fresh)
		}
		first := s.lists.params.Generations[0].First
		if msn := tag(t, fresh, "MEDIA-SEQUENCE"); msn < fmt.Sprint(first) && len(msn) <= len(fmt.Sprint(first)) {
			t.Errorf("%s: begins with segment %s, the generation with %d", name, msn, first)
		}
		if strings.Contains(fresh, "RENDITION-REPORT") && !strings.Contains(fresh, `.2s.m3u8",LAST-MSN`) {
			t.Errorf("%s: reports of other generations in\n%s", name, fresh)
		}
		if last := fresh[strings.LastIndex(fresh, "#EXT-X-PROGRAM-DATE-TIME"):]; !strings.Contains(old, strings.Split(last, "#EXT-X-RENDITION-REPORT")[0]) {
			t.Errorf("%s: the playlists end differently:\n%s\n%s", name, old, fresh)
		}
	}
	if got := longestListed(generationPlaylist(t, s, "source.2s"+IFramesSuffix)); got > 2 {
		t.Errorf("keyframes: a segment of %d s", got)
	}
}

// In other cases the target duration stays.
func TestNoGeneration(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		run  func(t *testing.T, src *source)
	}{
		{"within one publication", Config{}, func(_ *testing.T, src *source) { src.keyFrames = 60 }},
		{"keyframes as rare as before", Config{}, func(t *testing.T, src *source) { src.reconnect(t, "second", 250) }},
		{"an encoder that declares a long interval", Config{}, func(t *testing.T, src *source) {
			src.declared = 10 * time.Second
			src.reconnect(t, "second", 60)
		}},
		{"playlists that go far back", Config{DVR: time.Hour}, func(t *testing.T, src *source) { src.reconnect(t, "second", 60) }},
		{"playlists in storage", Config{Static: true}, func(t *testing.T, src *source) { src.reconnect(t, "second", 60) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStream(tt.cfg, &nothing{})
			src := newSource(s, [2]int64{30, 1}, 250, 0)
			src.begin(t, "first")
			src.run(30 * time.Second)
			tt.run(t, src)
			src.run(generationTrial + 30*time.Second)
			if len(s.lists.params.Generations) > 0 || s.ShortestTarget() != 9*time.Second {
				t.Errorf("generations %+v", s.lists.params.Generations)
			}
		})
	}
}

func TestPlaylistNames(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "first")
	src.run(5 * time.Second)
	for name, want := range map[string]string{
		"source": "source 0 false", "source.2s": "source 2 false", "source.iframes": "source 0 true", "source.2s.iframes": "source 2 true",
		"audio.iframes": "", "source.02s": "", "source.s": "", "source.-2s": "", "source.2": "", "nobody.2s": "", ".2s": "", "": "",
	} {
		got := ""
		if r, target, iFrames, ok := s.Playlist(name); ok {
			got = fmt.Sprint(r.Name(), " ", target, " ", iFrames)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if r := rendition(t, s, "source"); func() bool { _, ok := r.Snapshot().In(7); return ok }() {
		t.Error("a generation that never was")
	}
}
