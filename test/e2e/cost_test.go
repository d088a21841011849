//go:build e2e && bench

package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCostOfAnUnwatchedStream prints what a passed-through stream costs while nobody
// watches. `make compare` has the same beside MediaMTX.
func TestCostOfAnUnwatchedStream(t *testing.T) {
	clip := t.TempDir() + "/clip.flv"
	if out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=40",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=40", "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast",
		"-tune", "zerolatency", "-g", "60", "-b:v", "3M", "-maxrate", "3M", "-bufsize", "3M", "-c:a", "aac", "-b:a", "128k", clip); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := start(t, "transcode.ladder=off")
	pause(3 * time.Second)
	idle := resident(t, s.cmd.Process.Pid)
	push(t, "-re", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/live/show")
	s.live(t, "show")
	pause(8 * time.Second) // the window fills
	before, begun := treeCPU(t, s.cmd.Process.Pid), time.Now()
	pause(20 * time.Second)
	used := treeCPU(t, s.cmd.Process.Pid) - before
	print(t, "3 Mbit/s at 30 fps, no viewers: %.2f%% of a core; %d MB resident, %d MB more than idle",
		100*used.Seconds()/time.Since(begun).Seconds(), resident(t, s.cmd.Process.Pid)>>20, (resident(t, s.cmd.Process.Pid)-idle)>>20)
}

func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kb, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
