package repeatlog

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/logtest"
)

// written are the lines without their times.
type written struct{ logtest.Buffer }

// take are the lines since it was last called.
func (w *written) take() string {
	synctest.Wait()
	return strings.TrimSpace(w.Take())
}

func newLog() (*slog.Logger, *written) {
	w := &written{}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == "last" {
			return slog.Attr{}
		}
		return a
	}})), w
}

// The first is written at once, the others once a minute with their count, until there are
// none.
func TestLinesThatRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, out := newLog()
		var l Lines
		defer l.Close()
		refuse := func(port int, reason string) {
			remote, err := fmt.Sprintf("192.0.2.1:%d", port), errors.New(reason)
			l.Log(log, slog.LevelWarn, About(remote, err), "refused", "remote", remote, "err", err)
		}
		expect := func(step, want string) {
			t.Helper()
			if got := out.take(); got != want {
				t.Errorf("%s:\n%s\nwant\n%s", step, got, want)
			}
		}
		refuse(1, "busy")
		expect("the first", `msg=refused remote=192.0.2.1:1 err=busy`)
		for port := range 9 {
			refuse(port, "busy")
		}
		expect("within the minute", "")
		refuse(7, "wrong key")
		expect("another reason", `msg=refused remote=192.0.2.1:7 err="wrong key"`)
		time.Sleep(Every)
		expect("after a minute", `msg=refused remote=192.0.2.1:8 err=busy repeated=9`)
		refuse(2, "busy")
		expect("it goes on", "")
		time.Sleep(Every)
		expect("after another", `msg=refused remote=192.0.2.1:2 err=busy repeated=1`)
		time.Sleep(Every)
		synctest.Wait()
		if len(l.lines) != 0 {
			t.Errorf("%d lines are remembered after a minute of quiet", len(l.lines))
		}
		refuse(3, "busy")
		expect("after the quiet", `msg=refused remote=192.0.2.1:3 err=busy`)
		refuse(4, "busy")
		l.Close()
		expect("at the end", `msg=refused remote=192.0.2.1:4 err=busy repeated=1`)
		refuse(5, "busy")
		expect("after it", `msg=refused remote=192.0.2.1:5 err=busy`)
	})
}

// A flood of peers fills neither the memory nor the log.
func TestLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, out := newLog()
		var l Lines
		const peers = 100 * maxLines
		for i := range peers {
			l.Log(log, slog.LevelInfo, fmt.Sprint("peer ", i), "refused", "peer", i)
		}
		if len(l.lines) > maxLines+1 {
			t.Errorf("%d lines are remembered", len(l.lines))
		}
		if n := strings.Count(out.take(), "\n") + 1; n != maxLines+1 {
			t.Errorf("%d lines were written", n)
		}
		l.Close()
		if got, want := out.take(), fmt.Sprintf("msg=refused peer=%d repeated=%d", peers-1, peers-maxLines-1); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	})
}

func TestAbout(t *testing.T) {
	tests := []struct {
		a, b string
		x, y error
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", nil, nil, true},
		{"[2001:db8::1]:1", "[2001:db8::1]:2", nil, nil, true},
		{"192.0.2.1:1", "192.0.2.2:1", nil, nil, false},
		{"rtsp://camera/1", "rtsp://camera/2", nil, nil, false},
		{"192.0.2.1:1", "192.0.2.1:2", errors.New("read tcp 192.0.2.9:1935->192.0.2.1:1: i/o timeout"), errors.New("read tcp 192.0.2.9:1935->192.0.2.1:2: i/o timeout"), true},
		{"192.0.2.1:1", "192.0.2.1:2", errors.New("busy"), errors.New("wrong key"), false},
	}
	for _, tt := range tests {
		if a, b := About(tt.a, tt.x), About(tt.b, tt.y); (a == b) != tt.same {
			t.Errorf("%q and %q are the same: want %v", a, b, tt.same)
		}
	}
}
