package packager

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// StreamParams is what stands for a stream once its first group of pictures has been seen. Nothing
// of it changes but that generations are added.
type StreamParams struct {
	TargetDuration int           `json:"target_duration"` // seconds
	LongestPart    time.Duration `json:"longest_part"`    // the largest PART-TARGET
	Frame          media.Ticks   `json:"frame"`           // usual distance of pictures, at 90 kHz
	FrameRate      int64         `json:"frame_rate"`      // FRAME-RATE, in thousandths
	KeyInterval    time.Duration `json:"key_interval"`
	Generations    []Generation  `json:"lives,omitempty"`
}

// target is the target duration of the first generation.
func (p StreamParams) target() time.Duration { return time.Duration(p.TargetDuration) * time.Second }

// Init is the initialization section of an epoch's rendition.
type Init struct {
	Epoch   string      `json:"pub"`
	Track   media.Track `json:"track"`
	Sound   media.Track `json:"sound,omitzero"` // that travels with it, if any does
	Section []byte      `json:"section"`
}

// History is what has become of a stream so far, as its recorder was told.
type History struct {
	StreamParams StreamParams
	Renditions   []RenditionHistory
	DateRanges   []hls.DateRange
	TimedObjects []TimedObjectHistory
	// Torn says that the process ended in the middle of a segment, which players have
	// seen parts of: its number is listed as a gap and not used again.
	Torn bool
}

// RenditionHistory is that of one rendition: its entries in the order of their
// numbers, and the initialization sections that they need.
type RenditionHistory struct {
	Name    string
	Inits   []Init
	Entries []Entry
	// Parts are those of the newest segments, by number, as far as they are known. Without
	// them players that wait for a part of the next segment have to wait for all of it.
	Parts map[int64][]Part
}

// PartsKept is for how many of the newest segments a history has to have the parts: more
// than are listed with parts, and than may be asked for by part after that.
const PartsKept = 32

// Locate finds the bytes of a closed segment, which need not be opened for that.
type Locate func(rendition string, e Entry) Stored

// Restore makes a stream that goes on where its history ends: the next epoch
// follows after a discontinuity, with the next number. cfg must be valid.
func Restore(cfg Config, rec Recorder, h History, locate Locate, series ...TimedObjectSeries) (*Stream, error) {
	s := NewStream(cfg, rec)
	h, err := h.Filled(s.lists.cfg.SegmentDuration)
	if err != nil {
		return nil, err
	}
	reference := h.referenceEntries()
	last := reference[len(reference)-1]
	// Nobody else has the stream yet: no lock is needed.
	s.segmenter.restoreHistory(h.StreamParams, h.Renditions, last)
	s.lists.restoreHistory(h, locate)
	next := last.MSN + 1
	if s.lists.cfg.Static {
		next = 0 // nothing follows
	}
	for _, old := range h.TimedObjects {
		s.timed.openSeries(old.Name).restoreEntries(old.Entries, next)
	}
	s.timed.attachSources(series)
	s.outbox.flush()
	return s, nil
}

// referenceEntries is what some rendition has of each number.
func (h History) referenceEntries() []Entry {
	var all []Entry
	for _, r := range h.Renditions {
		all = append(all, r.Entries...)
	}
	// Of one number those that are no gaps come first, else in the renditions' order.
	slices.SortStableFunc(all, func(a, b Entry) int {
		if a.MSN == b.MSN && a.Gap != b.Gap {
			if b.Gap {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.MSN, b.MSN)
	})
	return slices.CompactFunc(all, func(a, b Entry) bool { return a.MSN == b.MSN })
}

// tornGap is how long the gap in the place of a segment is in whose middle a process
// ended. Players have seen some of its parts, nobody knows how many. A longer gap would
// be a hole in what they have buffered, at which hls.js stops: it passes over a tenth of a
// second (maxBufferHole). What lies beyond it is played over.
const tornGap = 100 * time.Millisecond

// Filled is the history with gaps for what it lacks, each so long: segments that were
// lost when a process ended, and those that other renditions have. It fails if there
// is nothing, or not in order.
func (h History) Filled(gap time.Duration) (History, error) {
	h.Renditions = slices.DeleteFunc(slices.Clone(h.Renditions), func(r RenditionHistory) bool {
		return len(r.Entries) == 0 || len(r.Inits) == 0
	})
	reference, err := withoutHoles(h.referenceEntries(), gap)
	if err != nil {
		return h, err
	}
	if h.Torn {
		reference = append(reference, reference[len(reference)-1].lostSegment(tornGap))
		h.Torn = false
	}
	for i := range h.Renditions {
		if err := h.Renditions[i].fillGaps(reference); err != nil {
			return h, err
		}
	}
	return h, nil
}

// withoutHoles are the entries with gaps for the numbers between them that are missing.
func withoutHoles(entries []Entry, gap time.Duration) ([]Entry, error) {
	if len(entries) == 0 {
		return nil, errors.New("packager: a history without segments")
	}
	all := make([]Entry, 1, len(entries)+1)
	all[0] = entries[0]
	for _, e := range entries[1:] {
		last := all[len(all)-1]
		if e.MSN <= last.MSN || e.MSN > last.MSN+maxHole {
			return nil, fmt.Errorf("packager: a history with segment %d after %d", e.MSN, last.MSN)
		}
		for ; last.MSN+1 < e.MSN; last = all[len(all)-1] {
			all = append(all, last.lostSegment(gap))
		}
		all = append(all, e)
	}
	return all, nil
}

// fillGaps fills the rendition up with gaps where the reference has more.
func (h *RenditionHistory) fillGaps(reference []Entry) error {
	known := h.Entries
	epoch := known[0].Epoch
	var all []Entry
	for _, e := range reference {
		switch {
		case e.MSN < h.Entries[0].MSN:
			continue
		case len(known) > 0 && known[0].MSN < e.MSN:
			return fmt.Errorf("packager: the history of %s has segment %d twice or out of order", h.Name, known[0].MSN)
		case len(known) > 0 && known[0].MSN == e.MSN:
			e, epoch, known = known[0], known[0].Epoch, known[1:]
		default:
			e.Epoch, e.Gap, e.Size, e.KeyFrame = epoch, true, 0, KeyFrame{}
		}
		all = append(all, e)
	}
	h.Entries = all
	return nil
}

// lostSegment is a gap right after a segment, in the place of one that nobody knows.
func (e Entry) lostSegment(length time.Duration) Entry {
	f := e.followingGap()
	f.Duration = length
	return f
}

// followingGap is a gap right after a segment.
func (e Entry) followingGap() Entry {
	f := Entry{
		MSN: e.MSN + 1, Epoch: e.Epoch, Gap: true, ProgramDateTime: e.ProgramDateTime.Add(e.Duration),
		Start: e.Start + media.TicksOf(e.Duration, media.VideoTimescale), Discontinuities: e.Discontinuities,
	}
	if e.Discontinuity {
		f.Discontinuities++
	}
	return f
}

// restoreParts makes parts known again if they are the whole segment and none is longer
// than PART-TARGET, which may have been configured anew.
func (s *Segment) restoreParts(parts []Part, target time.Duration) {
	size := 0
	for _, p := range parts {
		size += p.Size
		if p.Duration > target {
			return
		}
	}
	if !s.Gap && len(parts) > 0 && size == s.Size {
		s.index.Store(&parts)
	}
}
