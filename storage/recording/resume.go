package recording

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// UnfinishedBroadcast is a broadcast that an earlier run of the server left.
type UnfinishedBroadcast struct {
	Recorder *BroadcastRecorder
	History  packager.History
	Locate   packager.Locate
	LastEnd  time.Time // program date time after its last segment
}

// Broadcasts are the streams with a broadcast that goes on, or ended a short while ago,
// below a data directory. It may be called while a server uses that, and when none does:
// then they are those that would go on.
func Broadcasts(dir string) (streams []media.StreamID) {
	for _, name := range filesIn(filepath.Join(dir, journalDir), journalSuffix) {
		stream, _, _ := strings.Cut(name, "~")
		if id, err := media.ParseStreamID(stream); err == nil && !slices.Contains(streams, id) {
			streams = append(streams, id)
		}
	}
	return streams
}

// resumeAll finds the broadcasts that may go on, and finishes those that are over.
func (rs *recorders) resumeAll() (unfinished []UnfinishedBroadcast) {
	names := rs.files.journals()
	slices.Reverse(names) // of one stream, the newest first
	for _, name := range names {
		path := filepath.Join(rs.files.dir, journalDir, name)
		c, err := readJournal(path)
		if err != nil {
			rs.log.Error("a broadcast of an earlier run can't be read; its journal is left as it is", "journal", path, "err", err)
			continue
		}
		switch {
		case c.lastEnd().IsZero():
			rs.removeLater(c.Head)
		case c.ended || rs.live.onAir(c.Stream):
			rs.finishBroadcast(c)
		default:
			if u, err := rs.resume(c, path); err != nil {
				rs.log.Error("resuming a broadcast of an earlier run failed", "stream", c.Stream, "err", err)
			} else {
				unfinished = append(unfinished, u)
			}
		}
	}
	return unfinished
}

// finishBroadcast does what the end of a broadcast should have led to.
func (rs *recorders) finishBroadcast(c *parsedJournal) {
	writers := rs.replicator.resume(c)
	if c.Record {
		rs.worker.start(func(ctx context.Context) { rs.maker.makeRecording(ctx, c.Head, writers) })
		return
	}
	writers.close()
	rs.removeLater(c.Head)
}

func (rs *recorders) removeLater(h Head) {
	rs.queue.enqueue(func() error { return rs.remover.removeBroadcast(h) })
}

func (rs *recorders) resume(c *parsedJournal, path string) (UnfinishedBroadcast, error) {
	r := rs.recorder(c.Stream)
	r.journal.path = path
	if err := r.journal.resume(c); err != nil {
		return UnfinishedBroadcast{}, err
	}
	r.head, r.begun, r.writers = c.Head, true, rs.replicator.resume(c)
	r.expiry.pins = rs.catalogue.liveClips(c.Stream)
	rs.live.add(r.head, r)
	if err := r.repairJournal(c); err != nil {
		return UnfinishedBroadcast{}, err
	}
	return UnfinishedBroadcast{Recorder: r, History: c.History, Locate: rs.files.locate(c.Stream), LastEnd: c.lastEnd()}, nil
}

// repairJournal writes down that a segment was lost when the server ended, so that its number
// is not used again if it ends once more before the next.
func (r *BroadcastRecorder) repairJournal(c *parsedJournal) error {
	if !c.Torn {
		return nil
	}
	filled, err := c.Filled(r.segmentDuration)
	if err != nil {
		return err
	}
	c.History = filled
	for _, rendition := range filled.Renditions {
		lost := rendition.Entries[len(rendition.Entries)-1]
		err = errors.Join(err, r.journal.append(line{Segment: &segmentLine{Rendition: rendition.Name, Entry: lost}}))
		r.writers.each(func(w ReplicaWriter) { w.Segment(rendition.Name, lost, nil) })
	}
	return errors.Join(err, r.journal.append(line{Pause: true}))
}
