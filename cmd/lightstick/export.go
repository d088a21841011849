package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/internal/atomicfile"
)

type recordingsExport struct {
	remote `embed:""`
	ID     string `arg:"" help:"Recording ID, from 'lightstick recordings list'."`
	Output string `short:"o" help:"Download the MP4 to this file. Without it the URL is printed. A broadcast whose format changed has several: FILE.1.mp4, FILE.2.mp4 and so on." placeholder:"FILE.mp4"`
}

// States of an export, as control.ExportView has them.
const (
	stateRunning = "running"
	stateFailed  = "failed"
)

// pollInterval is how often the server is asked how far it is.
const pollInterval = 500 * time.Millisecond

func (c *recordingsExport) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	show := newProgress(os.Stderr)
	defer show.clear()
	made, err := api.export(ctx, c.ID, show)
	if err != nil {
		return named(c.ID, err)
	}
	addresses := made.URLs.Movies()
	if c.Output == "" {
		show.clear()
		_, err := fmt.Fprintln(out, strings.Join(addresses, "\n"))
		return err
	}
	for i, address := range addresses {
		name := c.Output
		if len(addresses) > 1 {
			name = numbered(c.Output, i+1)
		}
		size, err := download(ctx, address, name, show)
		if err != nil {
			return err
		}
		show.clear()
		if _, err := fmt.Fprintf(out, "%s  %s\n", name, humanSize(size)); err != nil {
			return err
		}
	}
	return nil
}

// numbered puts a number before a file name's extension.
func numbered(name string, n int) string {
	extension := filepath.Ext(name)
	return fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, extension), n, extension)
}

// export has the MP4 made, unless there is one or one is being made, and waits for
// it. The server goes on if ctx ends.
func (c *apiClient) export(ctx context.Context, id string, show *progress) (*control.RecordingView, error) {
	r, err := c.recording(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Movies() == nil && !running(r) {
		err := c.call(ctx, http.MethodPost, recordingPath(id)+"/mp4", nil, nil)
		if err != nil && !hasStatus(err, http.StatusConflict) { // a conflict: somebody else was faster
			return nil, err
		}
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if r, err = c.recording(ctx, id); err != nil {
			return nil, err
		}
		switch {
		case running(r):
			show.print("making the MP4: %.0f %%", r.Export.Progress*100)
		case r.Movies() != nil:
			return r, nil
		case r.Export == nil:
			return nil, fmt.Errorf("%s: the server no longer makes the MP4; was it restarted? run the command again", id)
		case r.Export.State == stateFailed:
			return nil, fmt.Errorf("%s: the MP4 could not be made: %s", id, printable(r.Export.Error))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

func (c *apiClient) recording(ctx context.Context, id string) (*control.RecordingView, error) {
	r := new(control.RecordingView)
	return r, c.call(ctx, http.MethodGet, recordingPath(id), nil, r)
}

func running(r *control.RecordingView) bool {
	return r.Export != nil && r.Export.State == stateRunning
}

// download fetches a public address, so without the token, to a file that is there
// only when it is whole.
func download(ctx context.Context, address, name string, show *progress) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stall := time.AfterFunc(apiTimeout, cancel)
	defer stall.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("download: %w", err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden:
		return 0, fmt.Errorf("%s answered %s; if only the CDN reaches the server (cdn.secret), set http.url to the CDN's address", address, answer.Status)
	default:
		return 0, fmt.Errorf("%s answered %s; the server's log says why", address, answer.Status)
	}
	return save(answer.Body, name, &counter{show: show, total: answer.ContentLength, stall: stall})
}

// save copies to a file that appears when it is whole.
func save(from io.Reader, name string, count *counter) (int64, error) {
	f, err := atomicfile.Create(name, 0o666)
	if err != nil {
		return 0, fmt.Errorf("%w; choose another place with --output", err)
	}
	defer f.Discard()
	size, err := io.Copy(io.MultiWriter(f, count), from)
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		return 0, fmt.Errorf("download: %w", err)
	}
	return size, nil
}

// counter shows how much has passed, and puts off the end of patience.
type counter struct {
	show        *progress
	done, total int64 // total: -1 if not known
	stall       *time.Timer
}

func (c *counter) Write(p []byte) (int, error) {
	c.stall.Reset(apiTimeout)
	c.done += int64(len(p))
	if c.total > 0 {
		c.show.print("downloading: %.0f %% of %s", float64(c.done)/float64(c.total)*100, humanSize(c.total))
	} else {
		c.show.print("downloading: %s", humanSize(c.done))
	}
	return len(p), nil
}

// progress is one line that is written over and over, on terminals only.
type progress struct {
	out  io.Writer // nil: nothing is shown
	next time.Time // not before this
}

// progressInterval keeps a fast download from flooding the terminal.
const progressInterval = 100 * time.Millisecond

func newProgress(f *os.File) *progress {
	if !isTerminal(f) {
		return &progress{}
	}
	return &progress{out: f}
}

func (p *progress) print(format string, values ...any) {
	now := time.Now()
	if p.out == nil || now.Before(p.next) {
		return
	}
	p.next = now.Add(progressInterval)
	fmt.Fprintf(p.out, "\r\033[K"+format+" ", values...)
}

func (p *progress) clear() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
