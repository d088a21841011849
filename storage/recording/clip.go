package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// maxClip bounds a clip: longer ones are recordings.
const maxClip = 24 * time.Hour

// Clip makes a recording of a stretch of another, or of a stream's broadcast that
// goes on: playlists over the segments that are there, without copying any. It fails
// with ErrNotFound or ErrSpan.
func (a *Archive) Clip(ctx context.Context, r ClipRequest) (Recording, error) {
	if !r.Start.Before(r.End) || r.End.Sub(r.Start) > maxClip {
		return Recording{}, fmt.Errorf("%w: end must be after start, by at most %v", ErrSpan, maxClip)
	}
	c, err := a.source(ctx, r)
	if err != nil {
		return Recording{}, err
	}
	wanted := span{r.Start, r.End}
	if wanted.end.After(c.lastEnd().Add(time.Millisecond)) {
		return Recording{}, fmt.Errorf("%w: it ends at %s, but so far there is nothing after %s",
			ErrSpan, r.End.Format(time.RFC3339Nano), c.lastEnd().Format(time.RFC3339Nano))
	}
	now := time.Now()
	c.ID, c.ClipOf, c.Begun, c.Record = newID(now), r.Recording, now, true
	if r.Recording == "" {
		c.ClipOf = string(r.Stream)
	}
	if title := strings.TrimSpace(r.Title); title != "" {
		c.Title = title
	}
	if err := a.pin(ctx, c.Stream, c.ID, wanted); err != nil {
		return Recording{}, err
	}
	if err := a.complete(c); err != nil {
		a.unpin(Recording{ID: c.ID, Stream: c.Stream})
		return Recording{}, err
	}
	c.keepSpan(wanted)
	c.trimGaps()
	if len(c.keys()) == 0 || !a.isComplete(ctx, c) {
		a.unpin(Recording{ID: c.ID, Stream: c.Stream})
		return Recording{}, fmt.Errorf("%w: nothing of it is there any more, or yet", ErrSpan)
	}
	return a.writeClip(c)
}

// keepSpan drops what a span doesn't touch, the same numbers in all renditions.
func (c *parsedJournal) keepSpan(wanted span) {
	first, last := int64(1<<62-1), int64(-1)
	for _, r := range c.Renditions {
		for i, e := range r.Entries {
			end := e.ProgramDateTime.Add(e.Duration)
			if i+1 < len(r.Entries) && r.Entries[i+1].Boundary().Before(end) {
				end = r.Entries[i+1].Boundary()
			}
			if e.Boundary().Before(wanted.end) && end.Truncate(time.Millisecond).After(wanted.start) {
				first, last = min(first, e.MSN), max(last, e.MSN)
			}
		}
	}
	c.keep(func(e packager.Entry) bool { return e.MSN >= first && e.MSN <= last })
	c.keepTimedObjects(wanted.covers)
}

func (a *Archive) writeClip(c *parsedJournal) (Recording, error) {
	made := c.describe()
	files, err := a.writeRecording(c, made)
	if err != nil {
		a.unpin(made)
		return Recording{}, errors.Join(err, os.RemoveAll(a.localPath(streamKey(c.Stream, recordingsDir, c.ID))))
	}
	for _, p := range a.cfg.Replicas {
		name := p.Name()
		p.Put(files, func() {
			a.enqueueJob(job{run: func() error { return a.markPublished(c, name) }})
		})
	}
	a.background(func(ctx context.Context) { a.generateThumbnails(ctx, c, &made) })
	return made, nil
}

// source is the journal of what is to be clipped.
func (a *Archive) source(ctx context.Context, r ClipRequest) (*parsedJournal, error) {
	if r.Recording != "" {
		of, err := a.Get(ctx, r.Recording)
		if err != nil {
			return nil, err
		}
		return readJournal(a.localPath(recordingKey(of.Stream, of.ID, journalFile)))
	}
	head, ok := a.current(r.Stream)
	if !ok {
		return nil, fmt.Errorf("%w: stream %q is not on air; name one of its recordings", ErrNotFound, r.Stream)
	}
	c, err := readJournal(a.journalPath(head))
	if errors.Is(err, os.ErrNotExist) { // it is over, and recorded
		return readJournal(a.localPath(recordingKey(head.Stream, head.ID, journalFile)))
	}
	return c, err
}

// isComplete reports whether the first and the last segment of each rendition can still be
// read: of a stream that is not recorded the beginning may just have gone.
func (a *Archive) isComplete(ctx context.Context, c *parsedJournal) bool {
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			if e.Gap {
				continue
			}
			f, err := a.Open(ctx, SegmentKey(c.Stream, r.Name, e))
			if err != nil {
				return false
			}
			_ = f.Close()
			break
		}
	}
	return true
}

// pin keeps what a clip needs of the broadcast that goes on. It returns when that is
// sure.
func (a *Archive) pin(ctx context.Context, id media.StreamID, clip string, p span) error {
	return a.onWriter(ctx, id, func(s *Stream) { s.pins[clip] = p })
}

// unpin takes that back.
func (a *Archive) unpin(r Recording) {
	ctx, cancel := context.WithTimeout(a.stopped, time.Second)
	defer cancel()
	_ = a.onWriter(ctx, r.Stream, func(s *Stream) { delete(s.pins, r.ID) })
}

// onWriter runs f on the writing goroutine, if the stream has a broadcast that goes
// on.
func (a *Archive) onWriter(ctx context.Context, id media.StreamID, f func(*Stream)) error {
	a.mu.Lock()
	s := a.live[id]
	a.mu.Unlock()
	if s == nil {
		return nil
	}
	done := make(chan struct{})
	if !a.enqueueJob(job{run: func() error { f(s); close(done); return nil }}) {
		return errors.New("recording: the disk is too slow; try again later")
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pinsOf are the clips of a stream's broadcasts.
func (a *Archive) pinsOf(id media.StreamID) map[string]span {
	pins := make(map[string]span)
	all, _ := a.List(context.Background(), id)
	for _, r := range all {
		if r.ClipOf == string(id) {
			pins[r.ID] = span{r.Start, r.End}
		}
	}
	return pins
}
