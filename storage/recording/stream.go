package recording

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

// Stream records one broadcast, from the first publication to the end. It implements
// live.Recorder: its methods queue what is to be done.
type Stream struct {
	archive *Archive
	id      media.StreamID

	// Of the writing goroutine.
	head    Head
	begun   bool
	made    atomic.Bool       // a recording has been made; for all goroutines
	journal *journal          // nil: it can't be written
	outset  []line            // what a journal begins with
	backlog []line            // what could not be written to it so far
	unsaved map[string][]byte // initialization sections that could not be written so far, by key
	ended   bool
	writers []copying
	expired []expired // segments of a recording whose copies may not be made yet
	oldest  map[string]int64
	dropped int             // segments that have expired since the journal was compacted
	pins    map[string]span // by clip: segments that are not kept otherwise
}

type expired struct {
	rendition string
	entry     packager.Entry
}

// span is a stretch of program date time.
type span struct{ start, end time.Time }

// touches compares as playlists show times: who asks for one that was read there means
// just that segment.
func (s span) touches(e packager.Entry) bool {
	shown := func(t time.Time) time.Time { return t.Truncate(time.Millisecond) }
	return shown(e.ProgramDateTime).Before(s.end) && shown(e.ProgramDateTime.Add(e.Duration)).After(s.start)
}

// Stream makes the recorder of a stream's next broadcast.
func (a *Archive) Stream(id media.StreamID) *Stream {
	return &Stream{
		archive: a, id: id, oldest: make(map[string]int64), unsaved: make(map[string][]byte), pins: make(map[string]span),
	}
}

// ID is the stream's name.
func (s *Stream) ID() media.StreamID { return s.id }

// Begun is when the broadcast began, if it is one that was resumed.
func (s *Stream) Begun() time.Time { return s.head.Begun }

// policyTimeout bounds the question what becomes of a broadcast.
const policyTimeout = 2 * time.Second

// begin settles what becomes of the broadcast when there is something to write, and
// opens its journal.
func (s *Stream) begin() error {
	if !s.begun {
		s.begun = true
		s.head = s.archive.newHead(s.id)
		s.archive.addStream(s)
		for _, p := range s.archive.cfg.Replicas {
			s.writers = append(s.writers, copying{p.Writer(s.head, WriterOptions{}), p.Name()})
		}
	}
	if s.journal != nil || s.ended {
		return nil
	}
	j, err := createJournal(s.archive.journalPath(s.head), s.head)
	if err != nil {
		return err
	}
	s.journal = j
	s.backlog = append(slices.Clone(s.outset), slices.DeleteFunc(s.backlog, func(l line) bool { return l.StreamParams != nil || l.Init != nil })...)
	return nil
}

// newID is an ID that sorts by time and that nobody guesses.
func newID(at time.Time) string {
	return at.UTC().Format("20060102-150405") + "-" + randomid.Hex(8)
}

// journalPath is where the journal of a broadcast lies while it goes on.
func (a *Archive) journalPath(h Head) string {
	return filepath.Join(a.cfg.Dir, journalDir, string(h.Stream)+"~"+h.ID+journalSuffix)
}

// maxBacklog bounds the lines that wait for the disk: hours of segments.
const maxBacklog = 20_000

// log appends a line to the journal, after those that could not be written before.
func (s *Stream) log(l line) error {
	if len(s.backlog) == maxBacklog {
		s.backlog = s.backlog[1:]
	}
	s.backlog = append(s.backlog, l)
	if s.journal == nil {
		return errors.New("recording: there is no journal")
	}
	for len(s.backlog) > 0 {
		if err := s.journal.append(s.backlog[0]); err != nil {
			return err
		}
		s.backlog = s.backlog[1:]
	}
	return nil
}

func (s *Stream) write(run func() error) bool {
	return s.archive.enqueueJob(job{write: true, run: func() error {
		return errors.Join(s.begin(), run())
	}})
}

// StreamParams implements packager.Recorder, as do the next four.
func (s *Stream) StreamParams(shape packager.StreamParams) {
	s.write(func() error {
		for _, writer := range s.writers {
			writer.StreamParams(shape)
		}
		s.outset = append(s.outset, line{StreamParams: &shape})
		return s.log(s.outset[len(s.outset)-1])
	})
}

// Init writes an initialization section.
func (s *Stream) Init(rendition string, init packager.Init) {
	s.write(func() error {
		for _, writer := range s.writers {
			writer.Init(rendition, init)
		}
		key := InitKey(s.id, rendition, init.Publication)
		s.unsaved[key] = init.Section
		err := s.saveInits()
		s.outset = append(s.outset, line{Init: &initLine{rendition, init}})
		return errors.Join(err, s.log(s.outset[len(s.outset)-1]))
	})
}

// saveInits writes the initialization sections that are not on the disk yet.
func (s *Stream) saveInits() (err error) {
	for key, section := range s.unsaved {
		_, failed := writeFile(s.archive.localPath(key), [][]byte{section})
		if failed == nil {
			delete(s.unsaved, key)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// Segment queues a segment to be written. When too many wait it is left out: live goes
// on from memory, and the recording has a gap.
func (s *Stream) Segment(rendition string, seg *packager.Segment) {
	if s.archive.waiting() >= queueLen {
		s.archive.metrics.skipped.Inc()
		return
	}
	s.write(func() error { return errors.Join(s.saveInits(), s.keep(rendition, seg)) })
}

func (s *Stream) keep(rendition string, seg *packager.Segment) error {
	entry, parts := seg.Entry, partsOf(seg)
	var err error
	chunks := seg.Chunks()
	lost := !entry.Gap && chunks == nil // it left memory while it waited
	if !entry.Gap && !lost {
		key := SegmentKey(s.id, rendition, entry)
		path := s.archive.localPath(key)
		var size int
		if size, err = writeFile(path, chunks); err == nil {
			s.archive.metrics.written.Add(float64(size))
			seg.MarkStored(stored{s.archive, key})
		} else {
			_ = os.Remove(path) // a part of a segment is of no use, and may free the disk
		}
	}
	for _, writer := range s.writers {
		writer.Segment(rendition, entry, seg.Open)
	}
	if (err != nil || lost) && len(s.writers) == 0 {
		entry.Gap, parts = true, nil // nobody will have it after a restart
	}
	return errors.Join(err, s.log(line{Segment: &segmentLine{Rendition: rendition, Entry: entry, Parts: parts}}))
}

// DateRange writes metadata down.
func (s *Stream) DateRange(d hls.DateRange) {
	s.write(func() error {
		for _, writer := range s.writers {
			writer.DateRange(d)
		}
		return s.log(line{Date: &d})
	})
}

// Expire queues a segment's removal, unless it is part of a recording.
func (s *Stream) Expire(rendition string, seg *packager.Segment) {
	entry := seg.Entry
	s.archive.enqueueJob(job{run: func() error {
		s.oldest[rendition] = entry.MSN + 1
		s.dropped++
		switch {
		case s.pinned(entry):
			return nil
		case !s.head.Record:
			for _, writer := range s.writers {
				writer.Expire(rendition, entry)
			}
			return errors.Join(s.remove(rendition, entry), s.compact())
		case len(s.writers) > 0:
			s.expired = append(s.expired, expired{rendition, entry})
			s.removeCopied()
		}
		return nil
	}})
}

func (s *Stream) pinned(e packager.Entry) bool {
	for _, p := range s.pins {
		if p.touches(e) {
			return true
		}
	}
	return false
}

func (s *Stream) remove(rendition string, e packager.Entry) error {
	return ignoreMissing(os.Remove(s.archive.localPath(SegmentKey(s.id, rendition, e))))
}

// removeCopied removes what a recording has in other storages.
func (s *Stream) removeCopied() {
	n := 0
	for n < len(s.expired) && s.copied(s.expired[n]) {
		_ = s.remove(s.expired[n].rendition, s.expired[n].entry)
		n++
	}
	s.expired = append(s.expired[:0], s.expired[n:]...)
}

func (s *Stream) copied(e expired) bool {
	for _, writer := range s.writers {
		if writer.NextUnhandled(e.rendition) <= e.entry.MSN {
			return false
		}
	}
	return true
}

// compactAfter is how many segments may have expired before the journal is rewritten
// without them, and keptDates how many date ranges are kept then.
const compactAfter, keptDates = 2000, 500

// compact rewrites the journal with what is still needed.
func (s *Stream) compact() error {
	if s.dropped < compactAfter || s.journal == nil {
		return nil
	}
	s.dropped = 0
	listed := func(l line) bool { return l.Segment.MSN >= s.oldest[l.Segment.Rendition] }
	used := make(map[string]bool) // publications
	dates := 0
	oldest := int64(1<<62 - 1)
	for _, msn := range s.oldest {
		oldest = min(oldest, msn)
	}
	if err := s.journal.scan(func(l line) error {
		switch {
		case l.Segment != nil && listed(l):
			used[l.Segment.Publication] = true
		case l.Date != nil:
			dates++
		}
		return nil
	}); err != nil {
		return err
	}
	if n := len(s.outset); n > 0 && s.outset[n-1].Init != nil {
		used[s.outset[n-1].Init.Publication] = true // of which no segment has been closed yet
	}
	s.outset = slices.DeleteFunc(s.outset, func(l line) bool { return l.Init != nil && !used[l.Init.Publication] })
	var unused []string // keys of initialization sections
	err := s.journal.compact(func(l line) bool {
		switch {
		case l.Segment != nil:
			return listed(l)
		case l.TimedObjects != nil:
			return l.TimedObjects.MSN >= oldest
		case l.Init != nil:
			if !used[l.Init.Publication] {
				unused = append(unused, InitKey(s.id, l.Init.Rendition, l.Init.Publication))
			}
			return used[l.Init.Publication]
		case l.Date != nil:
			dates--
			return dates < keptDates
		}
		return true
	})
	if err != nil {
		return err
	}
	return s.removeInits(unused)
}

// removeInits removes initialization sections that the journal has no longer, so that
// nobody would after the broadcast, unless a clip needs them.
func (s *Stream) removeInits(keys []string) (err error) {
	if len(keys) == 0 || len(s.pins) > 0 {
		return nil
	}
	needed := s.archive.referenced(s.id, s.head.ID)
	for _, key := range keys {
		if !needed[key] {
			err = errors.Join(err, ignoreMissing(os.Remove(s.archive.localPath(key))))
		}
	}
	s.archive.removeEmpty(s.id)
	return err
}

// Pause says that the publisher has gone, for now.
func (s *Stream) Pause() {
	s.archive.enqueueJob(job{run: func() error {
		if !s.begun {
			return nil
		}
		return s.log(line{Pause: true})
	}})
}

// Finish says that the broadcast is over: a recording is made of it, if it is to be
// one.
func (s *Stream) Finish() {
	s.archive.enqueueJob(job{run: func() error {
		if !s.begun || s.ended {
			return nil
		}
		s.ended = true
		err := s.log(line{End: true})
		s.closeJournal()
		if s.head.Record {
			s.archive.background(func(ctx context.Context) { s.archive.makeRecording(ctx, s.head, s.writers) })
			return err
		}
		for _, writer := range s.writers {
			writer.End(nil, func() {})
		}
		return err
	}})
}

func (s *Stream) closeJournal() {
	if s.journal != nil {
		_ = s.journal.close()
		s.journal = nil
	}
}

// Close gives up what is not recorded: nobody asks for the stream any more.
func (s *Stream) Close() {
	s.archive.enqueueJob(job{run: func() error {
		if !s.begun {
			return nil
		}
		s.archive.removeStream(s)
		s.closeJournal()
		if s.head.Record {
			return nil
		}
		for _, writer := range s.writers {
			writer.Close()
		}
		return s.archive.forget(s.head)
	}})
}
