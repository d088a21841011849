package transcode

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/globalfandom/lightstick/transcode/internal/child"
)

var (
	errEnded   = errors.New("ffmpeg has ended")
	errStalled = errors.New("ffmpeg took frames but gave none back")
)

// process is one running FFmpeg and the pipes to it.
type process struct {
	stdin   *os.File
	outputs []*os.File
	ended   chan struct{} // closed when the process has been waited for
	cancel  context.CancelFunc

	mu     sync.Mutex
	reason error // why we killed it
	result error // what Wait said
	tail   []string
}

// start launches FFmpeg. The process ends with ctx, with kill, and with our own
// process, however that ends.
func start(ctx context.Context, cfg Config, log *slog.Logger) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{ended: make(chan struct{}), cancel: cancel}
	cmd := exec.CommandContext(ctx, cfg.FFmpeg, arguments(cfg.Source, cfg.Rungs)...)
	cmd.WaitDelay = 2 * time.Second
	child.Isolate(cmd)
	theirs, err := p.connect(cmd, len(cfg.Rungs))
	if err != nil {
		cancel()
		return nil, err
	}
	stderr, stderrWriter, err := os.Pipe()
	if err != nil {
		cancel()
		return nil, err
	}
	cmd.Stderr = stderrWriter
	theirs = append(theirs, stderrWriter)

	started := make(chan error)
	go func() {
		// The signal at the parent's death is tied to the thread that started the
		// child (prctl(2), PR_SET_PDEATHSIG): that thread must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		for _, f := range theirs {
			_ = f.Close()
		}
		started <- err
		if err != nil {
			return
		}
		var lines sync.WaitGroup
		lines.Go(func() { p.log(stderr, log) })
		err = cmd.Wait()
		child.KillRest(cmd)
		lines.Wait()
		p.mu.Lock()
		p.result = err
		p.mu.Unlock()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		cancel()
		_ = stderr.Close()
		p.closeOurs()
		return nil, err
	}
	return p, nil
}

// connect makes the pipes, and returns the ends that FFmpeg inherits.
func (p *process) connect(cmd *exec.Cmd, outputs int) (theirs []*os.File, err error) {
	defer func() {
		if err != nil {
			p.closeOurs()
			for _, f := range theirs {
				_ = f.Close()
			}
		}
	}()
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.stdin, cmd.Stdin = stdin, in
	theirs = append(theirs, in)
	widen(stdin)
	for range outputs {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		widen(w)
		p.outputs = append(p.outputs, r)
		cmd.ExtraFiles = append(cmd.ExtraFiles, w)
		theirs = append(theirs, w)
	}
	return theirs, nil
}

func (p *process) closeOurs() {
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	for _, f := range p.outputs {
		_ = f.Close()
	}
}

// kill ends the process for a reason, without waiting.
func (p *process) kill(reason error) {
	p.mu.Lock()
	if p.reason == nil {
		p.reason = reason
	}
	p.mu.Unlock()
	p.cancel()
}

// wait returns when the process has ended and its pipes are closed: nil after a
// clean end, else why, with the last lines it wrote.
func (p *process) wait() error {
	<-p.ended
	p.cancel()
	p.closeOurs()
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.result
	if p.reason != nil {
		err = p.reason
	}
	if err == nil {
		return nil
	}
	if len(p.tail) > 0 {
		return fmt.Errorf("%w: %s", err, strings.Join(p.tail, "; "))
	}
	return err
}

// Bounds of what FFmpeg's complaints may fill.
const (
	tailLines  = 4
	maxLine    = 400
	linesBurst = 20
)

// log passes FFmpeg's warnings on, at most twenty at once and one in three
// seconds, and keeps the last few for the error.
func (p *process) log(stderr *os.File, log *slog.Logger) {
	defer stderr.Close()
	limit := rate.NewLimiter(rate.Every(3*time.Second), linesBurst)
	lines := bufio.NewScanner(io.Reader(stderr))
	lines.Buffer(make([]byte, 4096), 1<<20)
	for lines.Scan() {
		line := strings.ToValidUTF8(lines.Text(), "?")
		line = line[:min(len(line), maxLine)]
		p.mu.Lock()
		p.tail = append(p.tail, line)
		if len(p.tail) > tailLines {
			p.tail = p.tail[1:]
		}
		p.mu.Unlock()
		if limit.Allow() {
			log.Warn("ffmpeg", "line", line)
		}
	}
	// A line too long for the scanner must not stop FFmpeg either.
	_, _ = io.Copy(io.Discard, stderr)
}
