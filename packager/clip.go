package packager

import (
	"sort"
	"sync"
	"time"
)

// Span is a stretch of a stream by program date time, as ?start= and ?end= name
// it. A zero Start is the window's beginning, a zero End the live edge.
type Span struct{ Start, End time.Time }

// IsZero reports whether everything is meant.
func (s Span) IsZero() bool { return s.Start.IsZero() && s.End.IsZero() }

// clips are the documents of spans that were asked for. A snapshot lives no longer
// than a part, so that few gather.
type clips struct {
	mu        sync.Mutex
	documents map[clipKey]*Document
}

type clipKey struct {
	from, to int
	skip     Skip
	form     form
}

// maxClips bounds the spans that a snapshot remembers.
const maxClips = 64

// Clip is the media playlist of a span: the segments that it touches. Until the
// live edge has passed the span's end it is a live playlist that begins there; from
// then on it has ended and never changes. It fails with ErrGone when nothing of the
// span is listed any more, or yet.
func (s *Snapshot) Clip(span Span, skip Skip) (*Document, error) {
	return s.clip(span, skip, formMedia)
}

// IFrameClip is a span's playlist of keyframes.
func (s *Snapshot) IFrameClip(span Span) (*Document, error) {
	return s.clip(span, SkipNothing, formIFrames)
}

func (s *Snapshot) clip(span Span, skip Skip, f form) (*Document, error) {
	sel, ok := s.selectSpan(span)
	if !ok {
		return nil, ErrGone
	}
	sel.form, sel.skip = f, skip
	key := clipKey{from: sel.from, to: sel.to, skip: skip, form: f}
	if sel.live {
		key.to = -1
	}
	s.clips.mu.Lock()
	defer s.clips.mu.Unlock()
	if d := s.clips.documents[key]; d != nil {
		return d, nil
	}
	if s.clips.documents == nil || len(s.clips.documents) >= maxClips {
		s.clips.documents = make(map[clipKey]*Document)
	}
	d := &Document{compose: func() []piece { return s.listSelection(sel) }}
	s.clips.documents[key] = d
	return d, nil
}

// selectSpan finds the segments of a span.
func (s *Snapshot) selectSpan(span Span) (selection, bool) {
	sel := selection{to: len(s.closed), live: !s.Ended, clip: true}
	if !span.Start.IsZero() {
		sel.from = max(0, sort.Search(len(s.closed), func(i int) bool { return s.closed[i].Boundary().After(span.Start) })-1)
		if sel.from < len(s.closed) && !playlistTime(s.closed[sel.from].end()).After(span.Start) {
			sel.from++ // the publisher was away
		}
	}
	if !span.End.IsZero() && len(s.closed) > 0 {
		sel.to = sort.Search(len(s.closed), func(i int) bool { return !s.closed[i].Boundary().Before(span.End) })
		if sel.to < len(s.closed) || !playlistTime(s.endOf(selection{to: len(s.closed)})).Before(span.End) {
			sel.live = false
		}
	}
	// Playlists don't begin with gaps, which some players reject.
	for sel.from < sel.to && s.closed[sel.from].Gap {
		sel.from++
	}
	return sel, sel.from < sel.to
}

// playlistTime is an instant as playlists show it: whoever asks for a time that was read there
// means just that segment.
func playlistTime(t time.Time) time.Time { return t.Truncate(time.Millisecond) }
