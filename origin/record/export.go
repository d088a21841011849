package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/store"
	"github.com/globalfandom/lightstick/packager"
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
	if errors.Is(err, errChanged) {
		return errChanged.Error()
	}
	return "the MP4 could not be made; see the server's log, and try again"
}

var errChanged = errors.New("the picture or the sound changed its format during the broadcast, which one MP4 can't show:" +
	" make clips of the parts before and after, and export those")

func (a *Archive) makeMP4(ctx context.Context, r Recording, progress func(time.Duration)) error {
	c, err := a.journalOf(ctx, r)
	if err != nil {
		return err
	}
	_, picture := c.pictures()
	sound := c.find(soundOnly)
	pauses := c.pauses()
	var inputs []remux.Input
	for _, rendition := range []*packager.RenditionHistory{picture, sound} {
		if rendition == nil || len(rendition.Entries) == 0 || (rendition == sound && picture != nil && picture.Inits[0].Sound.Codec != 0) {
			continue // there is none, or it travels with the picture
		}
		if changes(rendition) {
			return errChanged
		}
		inputs = append(inputs, a.input(ctx, r.Stream, rendition, pauses))
	}
	if len(inputs) == 0 {
		return errNothing
	}
	key := recordingKey(r.Stream, r.ID, movieFile)
	if err := remux.MP4(ctx, a.cfg.FFmpeg, inputs, a.localPath(key), progress); err != nil {
		return err
	}
	now, err := a.descriptor(r.Stream, r.ID) // with what came meanwhile
	if err != nil {
		return errors.Join(err, os.Remove(a.localPath(key)))
	}
	now.MP4 = movieFile
	return a.publishDescriptor(now, []string{key})
}

// soundOnly is the name of the rendition without picture.
const soundOnly = "audio"

func (a *Archive) journalOf(ctx context.Context, r Recording) (*chronicle, error) {
	f, err := a.Open(ctx, recordingKey(r.Stream, r.ID, journalFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseJournal(f)
}

// changes reports whether a rendition needs more than one initialization section.
func changes(r *packager.RenditionHistory) bool {
	for _, init := range r.Inits[1:] {
		if !r.Inits[0].Track.SameInit(init.Track) || !r.Inits[0].Sound.SameInit(init.Sound) {
			return true
		}
	}
	return false
}

// pauses are how much time of nothing came before each publication, at 90 kHz, in all:
// the publisher was away.
func (c *chronicle) pauses() map[string]media.Ticks {
	reference, _ := c.pictures()
	if reference == nil {
		reference = c.find(soundOnly)
	}
	pauses := make(map[string]media.Ticks)
	if reference == nil {
		return pauses
	}
	var sum, end media.Ticks
	for i, e := range reference.Entries {
		if i > 0 && e.Start > end && e.Publication != reference.Entries[i-1].Publication {
			sum += e.Start - end
		}
		pauses[e.Publication] = sum
		end = e.Start + media.TicksOf(e.Duration, media.VideoTimescale)
	}
	return pauses
}

// input is a rendition as FFmpeg reads it, without the publisher's pauses. Segments
// that are not there are left out: the last picture before stands for as long.
func (a *Archive) input(ctx context.Context, id media.StreamID, r *packager.RenditionHistory, pauses map[string]media.Ticks) remux.Input {
	scales := []media.Timescale{r.Inits[0].Track.Timescale, r.Inits[0].Sound.Timescale} // of the tracks, by ID from 1
	return func(w io.Writer) error {
		if _, err := w.Write(r.Inits[0].Section); err != nil {
			return err
		}
		for _, e := range r.Entries {
			if e.Gap {
				continue
			}
			segment, err := a.readAll(ctx, SegmentKey(id, r.Name, e))
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err == nil {
				err = remux.Shift(segment, func(track uint32) uint64 {
					scale := scales[min(max(track, 1), 2)-1]
					return uint64(media.Rescale(pauses[e.Publication], media.VideoTimescale, scale))
				})
			}
			if err != nil {
				return fmt.Errorf("segment %d of %s: %w", e.MSN, r.Name, err)
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
