package origin

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// resume begins another publication of a studio's stream.
func (s *studio) resume(t *testing.T, id string) {
	t.Helper()
	track := media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2, FrameSamples: 1024}
	s.next += 5 * 48000
	origin := media.Rescale(s.next, 48000, media.VideoTimescale)
	if err := s.stream.Begin(packager.Epoch{
		ID: id, Clock: media.Clock{Start: time.Unix(0, 0).Add(origin.Duration(media.VideoTimescale)), Origin: origin},
		Leader: "audio", Tracks: map[string]media.Track{"audio": track},
	}); err != nil {
		t.Fatal(err)
	}
}

// While the publisher is away a delta update is held until it is back, since who asks for
// one has the rest; the whole playlist is not.
func TestDeltaUpdatesWaitForThePublisher(t *testing.T) {
	tests := []struct {
		name, query string
		held        bool
	}{
		{"whole", "", false},
		{"delta", "?_HLS_skip=YES", true},
		{"delta of date ranges", "?_HLS_skip=v2", true},
		{"delta at a position that is there", "?_HLS_msn=2&_HLS_skip=YES", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStudio(t)
				s.publish(9 * time.Second)
				s.stream.End()
				ask := func() chan *httptest.ResponseRecorder {
					answer := make(chan *httptest.ResponseRecorder, 1)
					go func() { answer <- s.get("/live/show/audio.m3u8" + tt.query) }()
					synctest.Wait()
					return answer
				}
				answer := ask()
				if held := len(answer) == 0; held != tt.held {
					t.Fatalf("held %v, want %v", held, tt.held)
				}
				time.Sleep(s.stream.TargetDuration())
				if w := <-answer; w.Code != 200 || !strings.Contains(w.Body.String(), "p/audio/") {
					t.Errorf("without a publisher: %d %s", w.Code, w.Body)
				}
				answer = ask()
				s.resume(t, "second")
				s.publish(400 * time.Millisecond)
				synctest.Wait()
				w := <-answer
				if tt.held && !bytes.Contains(w.Body.Bytes(), []byte("#EXT-X-PART:")) {
					t.Errorf("the next part is not in the answer:\n%s", w.Body)
				}
			})
		})
	}
}

// The multivariant playlist is held while a publication is so young that players would
// begin before it, for a bounded time.
func TestArrivalsWaitForAYoungPublication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t)
		s.publish(9 * time.Second)
		s.stream.End()
		s.resume(t, "second")
		ask := func() chan int {
			answer := make(chan int, 1)
			go func() { answer <- s.get("/live/show/index.m3u8").Code }()
			synctest.Wait()
			return answer
		}
		answer := ask()
		if len(answer) > 0 {
			t.Fatal("answered before anything of the publication was listed")
		}
		s.publish(1500 * time.Millisecond)
		synctest.Wait()
		if len(answer) == 0 {
			t.Fatal("held although enough is listed")
		}
		s.stream.End()
		s.resume(t, "third")
		answer = ask()
		time.Sleep(startableWait)
		if code := <-answer; code != 200 {
			t.Errorf("after the wait: %d", code)
		}
	})
}
