package recording

import (
	"context"
	"errors"
	"iter"
	"log/slog"
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

// thumbnailer makes posters and preview pictures of recordings.
type thumbnailer struct {
	ffmpeg       string // "": none are made
	files        *files
	descriptions *describer
	log          *slog.Logger
}

// generate adds poster and thumbnails to a recording. One without pictures, or
// whose pictures can't be decoded, stays without.
func (t *thumbnailer) generate(ctx context.Context, c *parsedJournal, r *Recording) {
	if t.ffmpeg == "" {
		return
	}
	small, large := c.pictures()
	if small == nil {
		return
	}
	made, err := t.drawThumbnails(ctx, c, small, time.Duration(r.DurationMS)*time.Millisecond)
	if poster, failed := t.drawPoster(ctx, c, large); failed == nil {
		made[posterFile] = poster
	} else {
		err = errors.Join(err, failed)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		t.log.Warn("a recording lacks pictures", "recording", r.ID, "err", err)
	}
	if err := t.descriptions.addFiles(r.Stream, r.ID, made); err != nil {
		t.log.Error("a recording's pictures can't be written", "recording", r.ID, "err", err)
	}
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

func (t *thumbnailer) drawThumbnails(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory, length time.Duration) (map[string][]byte, error) {
	thumbs, err := thumbnail.Thumbnails(ctx, t.ffmpeg, t.sources(ctx, c, r, thumbnail.Interval(length)), thumbWidth)
	if len(thumbs) == 0 {
		return make(map[string][]byte), err
	}
	files, text := thumbnail.Sheets(thumbs, length)
	files[storyboardFile] = text
	return files, err
}

// drawPoster chooses from pictures spread over the first publication that has some.
func (t *thumbnailer) drawPoster(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory) ([]byte, error) {
	var length time.Duration
	for _, e := range r.Entries {
		length += e.Duration
	}
	for _, s := range t.sources(ctx, c, r, length/posterCandidates) {
		if poster, err := thumbnail.Poster(ctx, t.ffmpeg, s); err == nil || ctx.Err() != nil {
			return poster, err
		}
	}
	return nil, thumbnail.ErrNoPicture
}

// keyFrameAt is a segment's keyframe, and when it is shown.
type keyFrameAt struct {
	at    time.Duration
	entry packager.Entry
}

// sources are keyframes of a rendition at least so far apart, by publication.
func (t *thumbnailer) sources(ctx context.Context, c *parsedJournal, r *packager.RenditionHistory, interval time.Duration) (all []thumbnail.Source) {
	keyFrames := make(map[string][]keyFrameAt)
	var at, next time.Duration
	for _, e := range r.Entries {
		if !e.Gap && e.KeyFrame.Size > 0 && at >= next {
			keyFrames[e.Epoch] = append(keyFrames[e.Epoch], keyFrameAt{at, e})
			next = at + interval
		}
		at += e.Duration
	}
	seen := make(map[string]bool)
	for _, init := range r.Inits {
		if seen[init.Epoch] || len(keyFrames[init.Epoch]) == 0 {
			continue
		}
		seen[init.Epoch] = true
		all = append(all, thumbnail.Source{
			Track: init.Track, Init: init.Section, Frames: t.frames(ctx, c.Stream, r.Name, keyFrames[init.Epoch]),
		})
	}
	return all
}

// frames reads keyframes. Those that are not there are left out.
func (t *thumbnailer) frames(ctx context.Context, id media.StreamID, rendition string, keyFrames []keyFrameAt) iter.Seq2[thumbnail.Frame, error] {
	return func(yield func(thumbnail.Frame, error) bool) {
		for _, s := range keyFrames {
			if ctx.Err() != nil {
				return
			}
			key := s.entry.KeyFrame
			payload, err := t.files.readRange(ctx, SegmentKey(id, rendition, s.entry), int64(key.End-key.Size), int64(key.Size))
			if err == nil && !yield(thumbnail.Frame{At: s.at, Payload: payload}, nil) {
				return
			}
		}
	}
}
