package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/transcode/remux"
)

// States of the making of an MP4.
const (
	exportRunning = "running"
	exportFailed  = "failed"
	exportDone    = "done"
)

// export is the making of an MP4. Archive.mu guards it.
type export struct {
	state    string
	progress float64 // 0 to 1
	err      string
}

// parallelExports is how many MP4s are made at once; more wait.
const parallelExports = 2

// Export begins to make a recording's MP4, and returns at once. It fails with
// ErrNotFound, or ErrBusy.
func (a *Archive) Export(ctx context.Context, id string) error {
	r, err := a.Get(ctx, id)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.exports[id]; e != nil && e.state == exportRunning {
		return ErrBusy
	}
	e := &export{state: exportRunning}
	a.exports[id] = e
	a.finishing.Go(func() error {
		a.runExport(r, e)
		return nil
	})
	return nil
}

// ExportState is "", "running", "failed" or "done", how far it is (0 to 1), and what
// went wrong.
func (a *Archive) ExportState(id string) (state string, progress float64, failure string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.exports[id]; e != nil {
		return e.state, e.progress, e.err
	}
	return "", 0, ""
}

func (a *Archive) runExport(r Recording, e *export) {
	select {
	case a.exporting <- struct{}{}:
		defer func() { <-a.exporting }()
	case <-a.stopped.Done():
		return
	}
	begun := time.Now()
	err := a.makeMP4(a.stopped, r, func(done time.Duration) {
		a.mu.Lock()
		defer a.mu.Unlock()
		e.progress = min(1, float64(done.Milliseconds())/float64(max(r.DurationMS, 1)))
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		e.state, e.err = exportFailed, exportFailure(err)
		a.log.Error("an MP4 can't be made", "recording", r.ID, "err", err)
		return
	}
	e.state, e.progress = exportDone, 1
	a.log.Info("MP4 made", "recording", r.ID, "took", time.Since(begun).Round(time.Millisecond))
}

// exportFailure is why there is no MP4, for clients of the API: what else went wrong is
// for the log.
func exportFailure(err error) string {
	if errors.Is(err, errNothing) {
		return "the recording has no picture and no sound that could be exported"
	}
	return "the MP4 could not be made; see the server's log, and try again"
}

// makeMP4 makes one file, or one for each stretch of constant format.
func (a *Archive) makeMP4(ctx context.Context, r Recording, progress func(time.Duration)) error {
	c, err := a.journalOf(ctx, r)
	if err != nil {
		return err
	}
	stretches := c.stretches()
	if len(stretches) == 0 {
		return errNothing
	}
	parts, err := a.makeMovies(ctx, c, stretches, progress)
	if err == nil {
		r, err = a.descriptor(r.Stream, r.ID) // with what came meanwhile
	}
	if err != nil {
		return errors.Join(err, a.removeMovies(c, parts))
	}
	keys := make([]string, len(parts))
	for i, part := range parts {
		keys[i] = recordingKey(c.Stream, c.ID, part.File)
	}
	if r.MP4, r.MP4Parts = "", parts; len(parts) == 1 {
		r.MP4, r.MP4Parts = parts[0].File, nil
	}
	return a.publishDescriptor(r, keys)
}

// makeMovies makes a file of each stretch, and returns those that it made.
func (a *Archive) makeMovies(ctx context.Context, c *parsedJournal, stretches []stretch, progress func(time.Duration)) (parts []MoviePart, err error) {
	pauses := c.pauses()
	var before time.Duration
	for i, s := range stretches {
		part := s.part(pauses)
		if part.File = movieFile; len(stretches) > 1 {
			part.File = moviePartFile(i + 1)
		}
		var inputs []remux.Input
		for _, track := range s.inputs() {
			inputs = append(inputs, a.input(ctx, c.Stream, track, pauses))
		}
		err := remux.MP4(ctx, a.cfg.FFmpeg, inputs, a.localPath(recordingKey(c.Stream, c.ID, part.File)), func(done time.Duration) {
			progress(before + done)
		})
		if err != nil {
			return parts, fmt.Errorf("%s: %w", part.File, err)
		}
		parts = append(parts, part)
		before += time.Duration(part.DurationMS) * time.Millisecond
	}
	return parts, nil
}

// removeMovies removes files that nobody is told of.
func (a *Archive) removeMovies(c *parsedJournal, parts []MoviePart) (err error) {
	for _, part := range parts {
		err = errors.Join(err, ignoreMissing(os.Remove(a.localPath(recordingKey(c.Stream, c.ID, part.File)))))
	}
	return err
}

// soundOnly is the name of the rendition without picture.
const soundOnly = "audio"

func (a *Archive) journalOf(ctx context.Context, r Recording) (*parsedJournal, error) {
	f, err := a.Open(ctx, recordingKey(r.Stream, r.ID, journalFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseJournal(f)
}

// input is a track of a stretch as FFmpeg reads it, without the publisher's pauses.
// Segments that are not there are left out: the last picture before stands for as long.
func (a *Archive) input(ctx context.Context, id media.StreamID, t stretchTrack, pauses map[string]media.Ticks) remux.Input {
	scales := []media.Timescale{t.init.Track.Timescale, t.init.Sound.Timescale} // of the tracks, by ID from 1
	return func(w io.Writer) error {
		if _, err := w.Write(t.init.Section); err != nil {
			return err
		}
		for _, s := range t.segments {
			segment, err := a.readAll(ctx, SegmentKey(id, s.rendition, s.Entry))
			if errors.Is(err, objectstore.ErrNotFound) {
				continue
			}
			if err == nil {
				err = remux.Shift(segment, func(track uint32) uint64 {
					scale := scales[min(max(track, 1), 2)-1]
					return uint64(media.Rescale(pauses[s.Publication], media.VideoTimescale, scale))
				})
			}
			if err != nil {
				return fmt.Errorf("segment %d of %s: %w", s.MSN, s.rendition, err)
			}
			if _, err := w.Write(segment); err != nil {
				return err
			}
		}
		return nil
	}
}

func (a *Archive) readAll(ctx context.Context, key string) ([]byte, error) {
	f, err := a.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
