package recording

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// recordingMaker makes recordings of broadcasts that are over.
type recordingMaker struct {
	files      *files
	live       *broadcasts
	queue      *writeQueue
	writer     *recordingWriter
	replicator *replicator
	remover    *remover
	thumbnails *thumbnailer
	log        *slog.Logger
}

// errNothing reports a broadcast of which nothing can be shown.
var errNothing = errors.New("recording: nothing was recorded")

// makeRecording makes a recording of a broadcast that is over, and leaves it to the
// writers. What has been done when the server stops is done again at the next start.
func (m *recordingMaker) makeRecording(ctx context.Context, h Head, writers replicaWriters) {
	c, err := readJournal(m.files.journalPath(h))
	if err == nil {
		err = m.make(ctx, c, writers)
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, errNothing):
		writers.close()
		m.queue.enqueue(func() error { return m.remover.removeBroadcast(h) })
	default:
		m.log.Error("the recording can't be made; it is tried again at the next start", "stream", h.Stream, "recording", h.ID, "err", err)
	}
}

func (m *recordingMaker) make(ctx context.Context, c *parsedJournal, writers replicaWriters) error {
	if len(c.keys()) == 0 {
		return errNothing
	}
	m.dropLost(c, writers)
	if err := m.writer.fillGaps(c); err != nil {
		return err
	}
	r := c.describe()
	files, err := m.writer.write(c, r)
	if err != nil {
		return err
	}
	if !m.live.newerThan(c.Head) {
		own, err := m.writer.writePlaylists(c, streamKey(c.Stream), "")
		if err != nil {
			return err
		}
		files = append(files, own...)
	}
	m.live.markRecorded(c.Head)
	m.log.Info("recorded", "stream", c.Stream, "recording", c.ID, "duration", time.Duration(r.DurationMS)*time.Millisecond, "bytes", r.Size)
	if len(writers) > 0 {
		m.replicator.copyRecording(c, files, writers, true)
	}
	m.thumbnails.generate(ctx, c, &r)
	return ignoreMissing(os.Remove(m.files.journalPath(c.Head)))
}

// dropLost makes gaps of the segments that are neither on the disk nor in any storage:
// too much waited for too long.
func (m *recordingMaker) dropLost(c *parsedJournal, writers replicaWriters) {
	for i := range c.Renditions {
		r := &c.Renditions[i]
		for j := range r.Entries {
			e := &r.Entries[j]
			if e.Gap || !writers.allLost(r.Name, e.MSN) {
				continue
			}
			if _, err := os.Stat(m.files.path(SegmentKey(c.Stream, r.Name, *e))); err != nil {
				e.Gap, e.Size, e.KeyFrame = true, 0, packager.KeyFrame{}
			}
		}
	}
}
