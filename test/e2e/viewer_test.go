//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

// seen is what a viewer saw: e2e/browser/observe.js.
type seen struct {
	OK      bool   `json:"ok"`
	Failure string `json:"failure"`
	Frames  int
	Now     float64
	First   float64 `json:"firstFrameMs"`
	Ages    []struct{ At, MS float64 }
	Stalls  []struct{ At, MS float64 }
	Sizes   []struct {
		At   float64
		Size string
	}
	LastFrameAgo float64 `json:"lastFrameAgoMs"`
	Errors       []string
}

// viewer is Chromium with a page that plays.
type viewer struct {
	t      *testing.T
	in     io.WriteCloser
	lines  chan map[string]json.RawMessage
	result chan seen
}

// watch opens a page in Chromium, until the test ends it or for the seconds that the
// options say; see e2e/browser/watch.mjs.
func watch(t *testing.T, options map[string]any) *viewer {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "browser/watch.mjs", string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v := &viewer{t: t, in: in, lines: make(chan map[string]json.RawMessage, 64), result: make(chan seen, 1)}
	go v.read(out)
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return v
}

func (v *viewer) read(out io.Reader) {
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var line map[string]json.RawMessage
		if json.Unmarshal(scanner.Bytes(), &line) != nil {
			continue
		}
		if text, ok := line["result"]; ok {
			var s seen
			if err := json.Unmarshal(text, &s); err != nil {
				s.Failure = err.Error()
			}
			v.result <- s
			continue
		}
		v.lines <- line
	}
	close(v.lines)
}

// playing waits for the first frame.
func (v *viewer) playing() {
	v.t.Helper()
	for {
		select {
		case line, ok := <-v.lines:
			if !ok {
				s := <-v.result
				v.t.Fatalf("nothing played: %s %v", s.Failure, s.Errors)
			}
			if _, ok := line["playing"]; ok {
				return
			}
		case <-time.After(2 * patience):
			v.t.Fatal("Chromium did not start")
		}
	}
}

// ask evaluates an expression in the page.
func (v *viewer) ask(expression string) string {
	v.t.Helper()
	if _, err := fmt.Fprintln(v.in, expression); err != nil {
		v.t.Fatal(err)
	}
	select {
	case line := <-v.lines:
		return string(line["answer"])
	case <-time.After(patience):
		v.t.Fatalf("no answer to %q", expression)
		return ""
	}
}

// frames is how many frames the page has shown.
func (v *viewer) frames() int {
	v.t.Helper()
	n, _ := strconv.Atoi(v.ask("window.seen?.frames ?? 0")) // a page that is being loaded has shown none
	return n
}

// sees waits until the page has shown so many frames more. Frames are what a viewer
// sees: the player's clock may run on while the picture stands.
func (v *viewer) sees(more int) {
	v.t.Helper()
	before := v.frames()
	eventually(v.t, fmt.Sprintf("%d more frames are shown", more), func() bool { return v.frames() >= before+more })
}

// showsThumbnail moves the mouse over the bar until a thumbnail shows there: at first the
// page may not know where they are.
func (v *viewer) showsThumbnail() {
	v.t.Helper()
	const move = `document.querySelector('#seek').dispatchEvent(new PointerEvent('pointermove', {bubbles: true, clientX: innerWidth / 2}))`
	const shown = `[...document.querySelectorAll('.preview img')].some((i) => i.complete && i.naturalWidth > 100)`
	eventually(v.t, "a thumbnail shows", func() bool { return v.ask(move+" && "+shown) == "true" })
}

// end closes the page and returns what was seen.
func (v *viewer) end() seen {
	v.t.Helper()
	_ = v.in.Close()
	return v.doneWithin(patience)
}

// done waits until the seconds that watch was told are over.
func (v *viewer) done() seen {
	v.t.Helper()
	return v.doneWithin(3 * time.Minute)
}

func (v *viewer) doneWithin(limit time.Duration) seen {
	v.t.Helper()
	select {
	case s := <-v.result:
		if !s.OK {
			v.t.Fatalf("watching failed: %s %v", s.Failure, s.Errors)
		}
		return s
	case <-time.After(limit):
		v.t.Fatal("Chromium did not end")
		return seen{}
	}
}

// ages are the picture's ages in milliseconds, sorted, from so long after the first
// frame on.
func (s seen) ages(after time.Duration) []float64 {
	var ages []float64
	for _, a := range s.Ages {
		if a.At > s.First+float64(after.Milliseconds()) {
			ages = append(ages, a.MS)
		}
	}
	slices.Sort(ages)
	return ages
}

// stalls are the freezes from so long after the first frame on.
func (s seen) stalls(after time.Duration) (ms []float64) {
	for _, stall := range s.Stalls {
		if stall.At > s.First+float64(after.Milliseconds()) {
			ms = append(ms, stall.MS)
		}
	}
	return ms
}
