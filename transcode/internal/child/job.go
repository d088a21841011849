package child

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

var (
	// ErrStart reports a program that can't be started: trying again won't help.
	ErrStart = errors.New("can't be started")
	// ErrStalled reports a program that was killed because it neither took input nor
	// gave output for too long.
	ErrStalled = errors.New("made no progress")
)

// Job is one run of a program.
type Job struct {
	Program string // "" is ffmpeg, found in PATH
	Args    []string
	// Feeds write the program's inputs, each from a goroutine of its own: the first to
	// file descriptor 3, and so on. A writer fails when the program has ended, and the
	// context is cancelled. What a feed returns otherwise ends the job.
	Feeds []func(ctx context.Context, w io.Writer) error
	// Reads take the program's outputs, each in a goroutine of its own and to the end:
	// the first its standard output, the others what it writes to the file descriptors
	// after those of the feeds.
	Reads []func(r io.Reader) error
	// Stall is how long the program may keep all feeds waiting, or be silent after they
	// have ended.
	Stall time.Duration
	// Patience, when set, replaces Stall after the feeds have ended.
	Patience func() time.Duration
	// WidePipes makes pipes that hold a megabyte: the largest keyframes, so that writing
	// one does not wait for the program's next read.
	WidePipes bool
	// Line, when set, is given each line that the program writes to standard error.
	Line func(string)
}

// FirstInput is the file descriptor of the first feed.
const FirstInput = 3

// pipeSize is how much a wide pipe holds, in bytes.
const pipeSize = 1 << 20

// Run runs the job to its end. The error is that of the context, of a feed, of Read,
// or the program's with the last lines that it wrote.
func (j Job) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	program := cmp.Or(j.Program, "ffmpeg")
	cmd := exec.CommandContext(ctx, program, j.Args...)
	cmd.WaitDelay = 2 * time.Second
	isolate(cmd)
	p, err := j.connect(cmd)
	if err != nil {
		return fmt.Errorf("%s %w: %w", program, ErrStart, err)
	}
	runtime.LockOSThread() // see dieWithUs
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	closeAll(p.theirs)
	if err != nil {
		closeAll(p.ours)
		return fmt.Errorf("%s %w: %w", program, ErrStart, err)
	}
	return j.attend(cancel, ctx, cmd, p)
}

// attend moves the bytes of a running program until it has ended.
func (j Job) attend(cancel context.CancelCauseFunc, ctx context.Context, cmd *exec.Cmd, p *pipes) error {
	patience := j.Patience
	if patience == nil {
		patience = func() time.Duration { return j.Stall }
	}
	watch := &watchdog{
		bite: func() { cancel(fmt.Errorf("%s %w", cmd.Path, ErrStalled)) }, stall: j.Stall, rest: patience,
	}
	watch.move(len(j.Feeds), 0)
	defer watch.stop()
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		killRest(cmd)
		ended <- err
	}()
	feeding, stopFeeds := context.WithCancel(ctx)
	defer stopFeeds()
	tail := tail{each: j.Line}
	var readers, feeds sync.WaitGroup
	readers.Go(func() { tail.read(p.stderr) })
	for i, read := range j.Reads {
		readers.Go(func() {
			if err := read(watched{p.outputs[i], watch}); err != nil {
				cancel(err)
			}
			_, _ = io.Copy(io.Discard, p.outputs[i]) // it must not be stopped by a full pipe
		})
	}
	for i, feed := range j.Feeds {
		feeds.Go(func() {
			defer watch.move(-1, 0)
			defer p.inputs[i].Close()
			err := feed(feeding, fed{p.inputs[i], watch})
			if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, os.ErrClosed) {
				cancel(err)
			}
		})
	}
	readers.Wait()
	err := <-ended
	stopFeeds()
	closeAll(p.ours) // feeds that wait for a program that is gone
	feeds.Wait()
	if ctx.Err() != nil {
		return tail.explain(context.Cause(ctx))
	}
	if err != nil {
		return tail.explain(fmt.Errorf("%s: %w", cmd.Path, err))
	}
	return nil
}

// pipes are those to a program.
type pipes struct {
	inputs, outputs []*os.File
	stderr          *os.File
	ours, theirs    []*os.File // all ends
}

// connect makes the pipes to a program.
func (j Job) connect(cmd *exec.Cmd) (p *pipes, err error) {
	p = &pipes{}
	outputs := len(j.Reads)
	defer func() {
		if err != nil {
			closeAll(p.ours)
			closeAll(p.theirs)
		}
	}()
	for range j.Feeds {
		r, w, err := j.pipe()
		if err != nil {
			return nil, err
		}
		p.ours, p.theirs = append(p.ours, w), append(p.theirs, r)
		p.inputs, cmd.ExtraFiles = append(p.inputs, w), append(cmd.ExtraFiles, r)
	}
	for i := range outputs + 1 {
		r, w, err := j.pipe()
		if err != nil {
			return nil, err
		}
		p.ours, p.theirs = append(p.ours, r), append(p.theirs, w)
		switch i {
		case outputs:
			p.stderr, cmd.Stderr = r, w
			continue
		case 0:
			cmd.Stdout = w
		default:
			cmd.ExtraFiles = append(cmd.ExtraFiles, w)
		}
		p.outputs = append(p.outputs, r)
	}
	return p, nil
}

func (j Job) pipe() (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	if err == nil && j.WidePipes {
		widen(w)
	}
	return r, w, err
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // a second time is no harm
	}
}
