package live

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// What a publisher says beside its samples reaches the playlists, also when it comes
// before the first keyframe, and in the time of the stream after a reconnect.
func TestEventsReachThePlaylists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.sink.Event(media.Event{Kind: media.EventCuePoint, ID: "early", Time: 0})
		p.announce(t)
		p.run(t, 5*time.Second)
		p.sink.Event(media.Event{Kind: media.EventTextData, ID: "later", Time: 5 * 90000, Values: map[string]string{"text": "hello"}})
		p.run(t, time.Second)
		for _, name := range []string{"source", "audio"} {
			got := playlist(t, m, name)
			if !strings.Contains(got, `ID="cue-early"`) || !strings.Contains(got, `ID="text-later"`) || !strings.Contains(got, `X-TEXT="hello"`) {
				t.Errorf("%s:\n%s", name, got)
			}
		}
		p.sink.Close(nil)
		time.Sleep(10 * time.Second)
		again := mustConnect(t, m)
		again.announce(t)
		at := time.Now()
		again.run(t, 3*time.Second)
		again.sink.Event(media.Event{Kind: media.EventTextData, ID: "back", Time: 90000})
		again.run(t, time.Second)
		want := `ID="text-back",CLASS="com.globalfandom.lightstick.text",START-DATE="` + at.Add(time.Second).UTC().Format("2006-01-02T15:04:05.000Z07:00")
		if got := playlist(t, m, "source"); !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
		again.sink.Close(nil)
	})
}

// Captions show up in the pictures after a while: the multivariant playlist tells.
func TestCaptionsAreAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.announce(t)
		p.run(t, 5*time.Second)
		index := func() string {
			s, _ := m.Stream("show")
			return string(s.Packager().Multivariant(packager.Span{}).Plain())
		}
		if got := index(); !strings.Contains(got, "CLOSED-CAPTIONS=NONE") {
			t.Errorf("before:\n%s", got)
		}
		track := videoTrack(t)
		track.Captions = media.CC1
		if err := p.sink.SetTrack(track); err != nil {
			t.Fatal(err)
		}
		p.run(t, 3*time.Second)
		if got := index(); !strings.Contains(got, `INSTREAM-ID="CC1"`) || !strings.Contains(got, `CLOSED-CAPTIONS="captions"`) {
			t.Errorf("after:\n%s", got)
		}
		if got := playlist(t, m, "source"); strings.Contains(got, "DISCONTINUITY\n") {
			t.Errorf("captions cost a discontinuity:\n%s", got)
		}
		p.sink.Close(nil)
	})
}
