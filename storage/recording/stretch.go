package recording

import (
	"cmp"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// mp4Publication is what an MP4 takes of a publication: the tallest picture, and the sound.
type mp4Publication struct {
	id             string
	picture, sound stretchTrack
}

// span is the time of the picture, or of the sound if there is no picture.
func (p *mp4Publication) span() (start, end media.Ticks) {
	all := p.picture.segments
	if len(all) == 0 {
		all = p.sound.segments
	}
	last := all[len(all)-1]
	return all[0].Start, last.Start + media.TicksOf(last.Duration, media.VideoTimescale)
}

// stretchTrack is a part of a rendition that one initialization section stands for. Its
// zero value is no track.
type stretchTrack struct {
	init     packager.Init
	segments []segmentOf
}

// segmentOf is a segment of a rendition.
type segmentOf struct {
	rendition string
	packager.Entry
}

// follows reports whether a track can go on with another one in one MP4.
func (t *stretchTrack) follows(next *stretchTrack) bool {
	return t.init.Track.SameInit(next.init.Track) && t.init.Sound.SameInit(next.init.Sound)
}

// present leaves out the segments that are gaps.
func (t stretchTrack) present() stretchTrack {
	t.segments = slices.DeleteFunc(slices.Clone(t.segments), func(s segmentOf) bool { return s.Gap })
	return t
}

// publications are the publications of a parsed journal that have media, in the order of time.
func (c *parsedJournal) publications() []*mp4Publication {
	byID := make(map[string]*mp4Publication)
	for i := range c.Renditions {
		r := &c.Renditions[i]
		tracks := tracksOf(r)
		for id, track := range tracks {
			p := byID[id]
			if p == nil {
				p = &mp4Publication{id: id}
				byID[id] = p
			}
			switch {
			case track.init.Track.Kind() == media.Video:
				if len(p.picture.segments) == 0 || track.init.Track.Height > p.picture.init.Track.Height {
					p.picture = *track
				}
			case r.Name == soundOnly:
				p.sound = *track
			}
		}
	}
	var all []*mp4Publication
	for _, p := range byID {
		if p.picture.init.Sound.Codec != 0 {
			p.sound = stretchTrack{} // it travels with the picture
		}
		if len(p.picture.segments) > 0 || len(p.sound.segments) > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *mp4Publication) int {
		from, _ := a.span()
		to, _ := b.span()
		return cmp.Or(cmp.Compare(from, to), cmp.Compare(a.id, b.id))
	})
	return all
}

// tracksOf are a rendition's tracks, by publication.
func tracksOf(r *packager.RenditionHistory) map[string]*stretchTrack {
	tracks := make(map[string]*stretchTrack)
	for _, init := range r.Inits {
		if tracks[init.Epoch] == nil {
			tracks[init.Epoch] = &stretchTrack{init: init}
		}
	}
	for _, e := range r.Entries {
		if t := tracks[e.Epoch]; t != nil {
			t.segments = append(t.segments, segmentOf{r.Name, e})
		}
	}
	for id, t := range tracks {
		if len(t.segments) == 0 {
			delete(tracks, id)
		}
	}
	return tracks
}

// pauses are for how long in all, at 90 kHz, the publisher was away before each publication.
func (c *parsedJournal) pauses() map[string]media.Ticks {
	pauses := make(map[string]media.Ticks)
	var sum, last media.Ticks
	for i, p := range c.publications() {
		start, end := p.span()
		if i > 0 && start > last {
			sum += start - last
		}
		pauses[p.id] = sum
		last = end
	}
	return pauses
}

// stretch is a run of publications that one MP4 can show. A track may come later than
// the other or end before it, but doesn't come back: players close the hole, and what
// follows is heard too early.
type stretch struct {
	picture, sound stretchTrack
	// The newest publication had no picture, or no sound.
	withoutPicture, withoutSound bool
}

// stretches cuts a recording where its format changes.
func (c *parsedJournal) stretches() (all []stretch) {
	for _, p := range c.publications() {
		if n := len(all); n > 0 && all[n-1].add(p) {
			continue
		}
		all = append(all, stretch{
			picture: p.picture, sound: p.sound,
			withoutPicture: len(p.picture.segments) == 0, withoutSound: len(p.sound.segments) == 0,
		})
	}
	return slices.DeleteFunc(all, func(s stretch) bool { return len(s.inputs()) == 0 })
}

// add appends a publication, and reports whether it could.
func (s *stretch) add(p *mp4Publication) bool {
	if !s.picture.continues(&p.picture, s.withoutPicture) || !s.sound.continues(&p.sound, s.withoutSound) {
		return false
	}
	s.withoutPicture, s.withoutSound = len(p.picture.segments) == 0, len(p.sound.segments) == 0
	s.picture.append(p.picture)
	s.sound.append(p.sound)
	return true
}

// continues reports whether a track may be followed by next; away says that the
// publication before had no such track.
func (t *stretchTrack) continues(next *stretchTrack, away bool) bool {
	if len(t.segments) == 0 || len(next.segments) == 0 {
		return true
	}
	return !away && t.follows(next)
}

func (t *stretchTrack) append(next stretchTrack) {
	if len(t.segments) == 0 {
		*t = next
		return
	}
	t.segments = append(t.segments, next.segments...)
}

// inputs are the tracks that have segments.
func (s *stretch) inputs() (tracks []stretchTrack) {
	for _, t := range []stretchTrack{s.picture, s.sound} {
		if t = t.present(); len(t.segments) > 0 {
			tracks = append(tracks, t)
		}
	}
	return tracks
}

// part describes the stretch's MP4, but for its name.
func (s *stretch) part(pauses map[string]media.Ticks) MoviePart {
	tracks := s.inputs()
	first, end := tracks[0].segments[0], media.Ticks(0)
	for _, t := range tracks {
		if t.segments[0].Start < first.Start {
			first = t.segments[0]
		}
		last := t.segments[len(t.segments)-1]
		end = max(end, last.Start+media.TicksOf(last.Duration, media.VideoTimescale)-pauses[last.Epoch])
	}
	length := end - (first.Start - pauses[first.Epoch])
	return MoviePart{
		Start: first.ProgramDateTime.UTC().Truncate(time.Millisecond), DurationMS: length.Duration(media.VideoTimescale).Milliseconds(),
		Width: s.picture.init.Track.Width, Height: s.picture.init.Track.Height,
	}
}
