//go:build e2e && bench

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
)

// idleBudget is how many context switches a second a server may cost that nobody uses.
const idleBudget = 12

// TestCostOfAnIdleServer prints how often a server wakes before anybody has come, and
// after everybody has left. One wake-up of the Go runtime is four to eight switches.
func TestCostOfAnIdleServer(t *testing.T) {
	s := start(t, "publish.reconnect=2s", "transcode.ladder=off")
	measure := func(when string) {
		pause(5 * time.Second)
		before, cpu, begun := switches(t, s.cmd.Process.Pid), treeCPU(t, s.cmd.Process.Pid), time.Now()
		pause(30 * time.Second)
		seconds := time.Since(begun).Seconds()
		print(t, "%s: %.1f context switches a second (budget %d), %.2f%% of a core", when,
			float64(switches(t, s.cmd.Process.Pid)-before)/seconds, idleBudget,
			100*(treeCPU(t, s.cmd.Process.Pid)-cpu).Seconds()/seconds)
	}
	measure("nobody has come")
	t.Run("visit", func(t *testing.T) {
		publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
		s.live(t, "show")
		s.get(t, "/live/show/index.m3u8")
		mina := chattest.Join(t, "http://"+s.http, "Mina", "show")
		if code := mina.Say("show", chattest.Object{"text": "hello"}); code != 0 {
			t.Errorf("the message was refused with %d", code)
		}
	})
	eventually(t, "the stream has ended", func() bool {
		_, body := s.get(t, "/live/show/status.json")
		return strings.Contains(body, `"state":"ended"`)
	})
	pause(90 * time.Second) // the chat's figures and the player's session are forgotten
	measure("everybody has left")
}

// switches counts the context switches of a process's threads.
func switches(t *testing.T, pid int) (sum int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) == 0 {
		t.Fatal("no threads", err)
	}
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(status)) {
			if name, value, _ := strings.Cut(line, ":"); strings.HasSuffix(name, "voluntary_ctxt_switches") {
				n, err := strconv.Atoi(strings.TrimSpace(value))
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
		}
	}
	return sum
}
