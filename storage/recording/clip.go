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

// ClipRequest asks for a span to be kept as a recording of its own. One of Stream
// and Recording says of what.
type ClipRequest struct {
	Stream    media.StreamID // a live stream, within its window
	Recording string         // ID of a finished recording
	// Start and End are program date times. The clip begins with the segment that
	// Start falls into and ends with that of End.
	Start, End time.Time
	Title      string // "": made from the source's
}

// maxClip bounds a clip: longer ones are recordings.
const maxClip = 24 * time.Hour

// clipper makes clips: recordings whose media are another's, or a live broadcast's.
type clipper struct {
	files      *files
	live       *broadcasts
	worker     *worker
	catalogue  *catalogue
	writer     *recordingWriter
	replicator *replicator
	thumbnails *thumbnailer
}

// clip makes a clip. It fails with ErrNotFound or ErrSpan.
func (cl *clipper) clip(ctx context.Context, r ClipRequest) (Recording, error) {
	if !r.Start.Before(r.End) || r.End.Sub(r.Start) > maxClip {
		return Recording{}, fmt.Errorf("%w: end must be after start, by at most %v", ErrSpan, maxClip)
	}
	c, err := cl.source(r)
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
	if err := cl.live.pinClip(ctx, c.Stream, c.ID, wanted); err != nil {
		return Recording{}, err
	}
	made, err := cl.make(ctx, c, wanted)
	if err != nil {
		cl.live.unpinClip(c.Stream, c.ID)
		return Recording{}, err
	}
	return made, nil
}

// make makes a clip of a source's journal.
func (cl *clipper) make(ctx context.Context, c *parsedJournal, wanted span) (Recording, error) {
	if err := cl.writer.fillGaps(c); err != nil {
		return Recording{}, err
	}
	c.keepSpan(wanted)
	c.trimGaps()
	if len(c.keys()) == 0 || !cl.isComplete(ctx, c) {
		return Recording{}, fmt.Errorf("%w: nothing of it is stored any more, or yet", ErrSpan)
	}
	return cl.write(c)
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
	c.keepEntries(func(e packager.Entry) bool { return e.MSN >= first && e.MSN <= last })
	c.keepTimedObjects(wanted.covers)
}

func (cl *clipper) write(c *parsedJournal) (Recording, error) {
	made := c.describe()
	keys, err := cl.writer.write(c, made)
	if err != nil {
		return Recording{}, errors.Join(err, os.RemoveAll(cl.files.path(streamKey(c.Stream, recordingsDir, c.ID))))
	}
	cl.replicator.putClip(c, keys)
	cl.worker.start(func(ctx context.Context) { cl.thumbnails.generate(ctx, c, &made) })
	return made, nil
}

// source reads the journal of what is to be clipped.
func (cl *clipper) source(r ClipRequest) (*parsedJournal, error) {
	if r.Recording != "" {
		of, err := cl.catalogue.find(r.Recording)
		if err != nil {
			return nil, err
		}
		return cl.catalogue.journal(of.Stream, of.ID)
	}
	head, ok := cl.live.head(r.Stream)
	if !ok {
		return nil, fmt.Errorf("%w: stream %q is not on air; name one of its recordings", ErrNotFound, r.Stream)
	}
	c, err := readJournal(cl.files.journalPath(head))
	if errors.Is(err, os.ErrNotExist) { // it is over, and recorded
		return cl.catalogue.journal(head.Stream, head.ID)
	}
	return c, err
}

// isComplete reports whether the first and the last segment of each rendition can still be
// read: of a stream that is not recorded the beginning may just have gone.
func (cl *clipper) isComplete(ctx context.Context, c *parsedJournal) bool {
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			if e.Gap {
				continue
			}
			f, err := cl.files.open(ctx, SegmentKey(c.Stream, r.Name, e))
			if err != nil {
				return false
			}
			_ = f.Close()
			break
		}
	}
	return true
}
