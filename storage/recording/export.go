package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
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

// parallelExports is how many MP4s are made at once; more wait.
const parallelExports = 2

// exporter makes MP4s of recordings.
type exporter struct {
	ffmpeg       string
	files        *files
	worker       *worker
	catalogue    *catalogue
	descriptions *describer
	log          *slog.Logger
	slots        chan struct{} // of MP4s that are made at once

	mu     sync.Mutex
	states map[string]exportState // by recording
}

// exportState is how far the making of an MP4 is.
type exportState struct {
	state    string
	progress float64 // 0 to 1
	failure  string
}

func newExporter(ffmpeg string, f *files, w *worker, c *catalogue, d *describer, log *slog.Logger) *exporter {
	return &exporter{
		ffmpeg: ffmpeg, files: f, worker: w, catalogue: c, descriptions: d, log: log,
		slots: make(chan struct{}, parallelExports), states: make(map[string]exportState),
	}
}

// export begins to make a recording's MP4, and returns at once. It fails with
// ErrNotFound, or ErrBusy.
func (e *exporter) export(id string) error {
	r, err := e.catalogue.find(id)
	if err != nil {
		return err
	}
	if !e.startState(id) {
		return ErrBusy
	}
	e.worker.startIn(e.slots, func(ctx context.Context) { e.run(ctx, r) })
	return nil
}

// startState notes that an MP4 is being made; false means that one was already.
func (e *exporter) startState(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.states[id].state == exportRunning {
		return false
	}
	e.states[id] = exportState{state: exportRunning}
	return true
}

func (e *exporter) setState(id string, s exportState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.states[id] = s
}

// stateOf is "", "running", "failed" or "done", how far it is (0 to 1), and what
// went wrong.
func (e *exporter) stateOf(id string) (state string, progress float64, failure string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.states[id]
	return s.state, s.progress, s.failure
}

func (e *exporter) run(ctx context.Context, r Recording) {
	begun := time.Now()
	err := e.makeMP4(ctx, r, func(done time.Duration) {
		progress := min(1, float64(done.Milliseconds())/float64(max(r.DurationMS, 1)))
		e.setState(r.ID, exportState{state: exportRunning, progress: progress})
	})
	if err != nil {
		_, progress, _ := e.stateOf(r.ID)
		e.setState(r.ID, exportState{exportFailed, progress, exportFailure(err)})
		e.log.Error("an MP4 can't be made", "recording", r.ID, "err", err)
		return
	}
	e.setState(r.ID, exportState{state: exportDone, progress: 1})
	e.log.Info("MP4 made", "recording", r.ID, "took", time.Since(begun).Round(time.Millisecond))
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
func (e *exporter) makeMP4(ctx context.Context, r Recording, progress func(time.Duration)) error {
	c, err := e.files.readRecordingJournal(ctx, r.Stream, r.ID)
	if err != nil {
		return err
	}
	stretches := c.stretches()
	if len(stretches) == 0 {
		return errNothing
	}
	parts, err := e.makeMovies(ctx, c, stretches, progress)
	keys := make([]string, len(parts))
	for i, part := range parts {
		keys[i] = recordingKey(c.Stream, c.ID, part.File)
	}
	if err == nil {
		err = e.descriptions.change(c.Stream, c.ID, keys, func(r *Recording) {
			if r.MP4, r.MP4Parts = "", parts; len(parts) == 1 {
				r.MP4, r.MP4Parts = parts[0].File, nil
			}
		})
	}
	if err != nil {
		return errors.Join(err, e.files.removeKeys(keys, nil)) // no description names them
	}
	return nil
}

// makeMovies makes a file of each stretch, and returns those that it made.
func (e *exporter) makeMovies(ctx context.Context, c *parsedJournal, stretches []stretch, progress func(time.Duration)) (parts []MoviePart, err error) {
	pauses := c.pauses()
	var before time.Duration
	for i, s := range stretches {
		part := s.part(pauses)
		if part.File = movieFile; len(stretches) > 1 {
			part.File = moviePartFile(i + 1)
		}
		var inputs []remux.Input
		for _, track := range s.inputs() {
			inputs = append(inputs, e.input(ctx, c.Stream, track, pauses))
		}
		err := remux.MP4(ctx, e.ffmpeg, inputs, e.files.path(recordingKey(c.Stream, c.ID, part.File)), func(done time.Duration) {
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

// soundOnly is the name of the rendition without picture.
const soundOnly = "audio"

// input is a track of a stretch as FFmpeg reads it, without the publisher's pauses.
// Segments that are not there are left out: the last picture before stands for as long.
func (e *exporter) input(ctx context.Context, id media.StreamID, t stretchTrack, pauses map[string]media.Ticks) remux.Input {
	scales := []media.Timescale{t.init.Track.Timescale, t.init.Sound.Timescale} // of the tracks, by ID from 1
	return func(w io.Writer) error {
		if _, err := w.Write(t.init.Section); err != nil {
			return err
		}
		for _, s := range t.segments {
			segment, err := e.files.readAll(ctx, SegmentKey(id, s.rendition, s.Entry))
			if errors.Is(err, objectstore.ErrNotFound) {
				continue
			}
			if err == nil {
				err = remux.Shift(segment, func(track uint32) uint64 {
					scale := scales[min(max(track, 1), 2)-1]
					return uint64(media.Rescale(pauses[s.Epoch], media.VideoTimescale, scale))
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
