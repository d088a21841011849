package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// A sender that calls again and again, each time from another port, takes a line of each
// kind at once and one a minute, which tell how often.
func TestFlappingPublisherIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logtest.Buffer{}
		m := NewManager(Config{
			Packager: packager.Config{}.WithDefaults(), Settings: Settings{Reconnect: time.Minute},
			Recorder: func(media.StreamID) Recorder { return nothing{} },
		}, keys{}, slog.New(slog.NewJSONHandler(out, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.Run(ctx) }()
		const calls = 27
		for call := range calls {
			sink, err := m.Open(ctx, ingest.Request{
				Protocol: "srt", Remote: fmt.Sprintf("192.0.2.1:%d", 40000+call), Key: "good", Kick: func(error) {},
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(400 * time.Millisecond)
			sink.Close(fmt.Errorf("%w after %d ms", ingest.ErrLost, 400+call))
		}
		lines := func() map[string]int {
			synctest.Wait()
			times := map[string]int{}
			for line := range strings.Lines(out.Take()) {
				var l struct {
					Msg      string
					Repeated int
				}
				if err := json.Unmarshal([]byte(line), &l); err != nil {
					t.Fatal(err)
				}
				times[l.Msg] += max(1, l.Repeated)
			}
			return times
		}
		if got := lines(); fmt.Sprint(got) != "map[publisher connected:1 publisher lost:1]" {
			t.Errorf("at once: %v", got)
		}
		time.Sleep(repeatlog.Every)
		if got := lines(); got["publisher connected"] != calls-1 || got["publisher lost"] != calls-1 {
			t.Errorf("after a minute: %v, want %d of each", got, calls-1)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
