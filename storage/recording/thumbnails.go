package recording

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode/thumbnail"
)

const (
	// thumbWidth is that of a thumbnail, in pixels.
	thumbWidth = 240
	// posterCandidates is from how many pictures a poster is chosen.
	posterCandidates = 10
)

// generateThumbnails adds poster and thumbnails to a recording. One without pictures, or
// whose pictures can't be decoded, stays without.
func (a *Archive) generateThumbnails(ctx context.Context, c *parsedJournal, r *Recording) {
	if a.cfg.FFmpeg == "" {
		return
	}
	small, large := c.pictures()
	if small == nil {
		return
	}
	files, err := a.drawThumbnails(ctx, c, small, time.Duration(r.DurationMS)*time.Millisecond)
	if poster, failed := a.drawPoster(ctx, c, large); failed == nil {
		files[posterFile] = poster
	} else {
		err = errors.Join(err, failed)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.log.Warn("a recording lacks pictures", "recording", r.ID, "err", err)
	}
	if err := a.addFiles(r, files); err != nil {
		a.log.Error("a recording's pictures can't be written", "recording", r.ID, "err", err)
	}
}

// addFiles writes files beside a recording's playlists, tells in its descriptor of
// them, and has them copied.
func (a *Archive) addFiles(r *Recording, files map[string][]byte) error {
	if _, err := a.descriptor(r.Stream, r.ID); err != nil {
		return nil // it was deleted meanwhile
	}
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		key := recordingKey(r.Stream, r.ID, name)
		if err := writeAtomically(a.localPath(key), files[name]); err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if files[posterFile] != nil {
		r.Poster = posterFile
	}
	if files[storyboardFile] != nil {
		r.Storyboard = storyboardFile
	}
	return a.publishDescriptor(*r, keys)
}

// publishDescriptor writes a descriptor that tells of more files, and has all copied.
func (a *Archive) publishDescriptor(r Recording, keys []string) error {
	if err := a.writeDescriptor(r); err != nil {
		return err
	}
	keys = append(keys, recordingKey(r.Stream, r.ID, descriptorFile))
	for _, p := range a.cfg.Replicas {
		p.Put(keys, func() {})
	}
	return nil
}

// pictures are the renditions with the smallest picture and with the largest; nil if
// there is none.
func (c *parsedJournal) pictures() (small, large *packager.RenditionHistory) {
	height := func(r *packager.RenditionHistory) int { return r.Inits[len(r.Inits)-1].Track.Height }
	for i := range c.Renditions {
		r := &c.Renditions[i]
		if len(r.Inits) == 0 || len(r.Entries) == 0 || r.Inits[0].Track.Kind() != media.Video {
			continue
		}
		if small == nil || height(r) < height(small) {
			small = r
		}
		if large == nil || height(r) > height(large) {
			large = r
		}
	}
	return small, large
}

func (a *Archive) drawThumbnails(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory, length time.Duration) (map[string][]byte, error) {
	thumbs, err := thumbnail.Thumbnails(ctx, a.cfg.FFmpeg, a.sources(ctx, c, r, thumbnail.Interval(length)), thumbWidth)
	if len(thumbs) == 0 {
		return make(map[string][]byte), err
	}
	files, text := thumbnail.Sheets(thumbs, length)
	files[storyboardFile] = text
	return files, err
}

// drawPoster chooses from pictures spread over the first publication that has some.
func (a *Archive) drawPoster(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory) ([]byte, error) {
	var length time.Duration
	for _, e := range r.Entries {
		length += e.Duration
	}
	for _, s := range a.sources(ctx, c, r, length/posterCandidates) {
		if poster, err := thumbnail.Poster(ctx, a.cfg.FFmpeg, s); err == nil || ctx.Err() != nil {
			return poster, err
		}
	}
	return nil, thumbnail.ErrNoPicture
}

// spot is a keyframe, and where it is shown.
type spot struct {
	at    time.Duration
	entry packager.Entry
}

// sources are keyframes of a rendition at least so far apart, by publication.
func (a *Archive) sources(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory, interval time.Duration) (all []thumbnail.Source) {
	spots := make(map[string][]spot)
	var at, next time.Duration
	for _, e := range r.Entries {
		if !e.Gap && e.KeyFrame.Size > 0 && at >= next {
			spots[e.Publication] = append(spots[e.Publication], spot{at, e})
			next = at + interval
		}
		at += e.Duration
	}
	seen := make(map[string]bool)
	for _, init := range r.Inits {
		if seen[init.Publication] || len(spots[init.Publication]) == 0 {
			continue
		}
		seen[init.Publication] = true
		all = append(all, thumbnail.Source{
			Track: init.Track, Init: init.Section, Frames: a.frames(ctx, c.Stream, r.Name, spots[init.Publication]),
		})
	}
	return all
}

// frames reads keyframes. Those that are not there are left out.
func (a *Archive) frames(ctx context.Context, id media.StreamID, rendition string, spots []spot) iter.Seq2[thumbnail.Frame, error] {
	return func(yield func(thumbnail.Frame, error) bool) {
		for _, s := range spots {
			if ctx.Err() != nil {
				return
			}
			key := s.entry.KeyFrame
			payload, err := a.readRange(ctx, SegmentKey(id, rendition, s.entry), int64(key.End-key.Size), int64(key.Size))
			if err == nil && !yield(thumbnail.Frame{At: s.at, Payload: payload}, nil) {
				return
			}
		}
	}
}

// readRange reads a part of an object, from the disk or the remote storage.
func (a *Archive) readRange(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	f, err := a.files.Open(filepath.FromSlash(key))
	if errors.Is(err, os.ErrNotExist) && a.cfg.Remote != nil {
		return a.cfg.Remote.Range(ctx, key, offset, length)
	}
	if err != nil {
		return nil, notFound(err)
	}
	defer f.Close()
	b := make([]byte, length)
	_, err = io.ReadFull(io.NewSectionReader(f, offset, length), b)
	return b, err
}
