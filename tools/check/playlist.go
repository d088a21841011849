package check

import "time"

// mediaPlaylist is a media playlist as it was read.
type mediaPlaylist struct {
	Faults                faults
	Version               int64         // 1 when it is not given
	TargetDuration        time.Duration // 0: not given
	PartTarget            time.Duration // 0: not given
	MediaSequence         int64
	DiscontinuitySequence int64
	Independent           bool
	IFramesOnly           bool
	Ended                 bool
	Type                  string // of EXT-X-PLAYLIST-TYPE
	Control               serverControl
	Segments              []segment // the last one may be open
	Hints                 []preloadHint
	Reports               []renditionReport
	DateRanges            []dateRange
	Skip                  *skip // of a delta update; nil otherwise
}

// serverControl is EXT-X-SERVER-CONTROL (§4.4.3.8). Durations are 0 when absent.
type serverControl struct {
	Given             bool
	CanBlockReload    bool
	CanSkipUntil      time.Duration
	CanSkipDateRanges bool
	HoldBack          time.Duration
	PartHoldBack      time.Duration
}

// segment is a media segment with what applies to it.
type segment struct {
	MSN           int64
	URI           string
	Range         byteRange
	Duration      time.Duration
	HasDuration   bool
	Date          time.Time // zero: no EXT-X-PROGRAM-DATE-TIME
	Map           initMap
	Discontinuity bool
	DSN           int64 // discontinuity sequence number
	Gap           bool
	Encrypted     bool
	Open          bool // only parts so far
	Parts         []part
}

// initMap is EXT-X-MAP; its URI is empty where there was none.
type initMap struct {
	URI   string
	Range byteRange
}

// part is a partial segment.
type part struct {
	URI         string
	Range       byteRange
	Duration    time.Duration
	Independent bool
	Gap         bool
}

type preloadHint struct {
	Type  string
	URI   string
	Start int64
	Whole bool // no BYTERANGE attribute
}

// renditionReport is EXT-X-RENDITION-REPORT; numbers are -1 when not given.
type renditionReport struct {
	URI      string
	LastMSN  int64
	LastPart int64
}

// dateRange is one EXT-X-DATERANGE tag.
type dateRange struct {
	ID         string
	Attributes attributes
	Start, End time.Time // zero: not given, and not to be worked out
}

// skip is EXT-X-SKIP.
type skip struct {
	Segments     int64
	RemovedGiven bool
}

// place is a point in a media playlist; Part is -1 for a whole segment.
type place struct {
	MSN  int64
	Part int
}

func (p place) less(q place) bool {
	return p.MSN < q.MSN || p.MSN == q.MSN && p.part() < q.part()
}

// part orders a whole segment behind all of its parts.
func (p place) part() int {
	if p.Part < 0 {
		return int(^uint(0) >> 1)
	}
	return p.Part
}

// edge is the last thing that the playlist lists.
func (p *mediaPlaylist) edge() place {
	if len(p.Segments) == 0 {
		return place{p.MediaSequence - 1, -1}
	}
	s := &p.Segments[len(p.Segments)-1]
	if s.Open && len(s.Parts) == 0 {
		return place{s.MSN - 1, -1}
	}
	if s.Open {
		return place{s.MSN, len(s.Parts) - 1}
	}
	return place{s.MSN, -1}
}

// next is what a player at the edge asks for (§6.3.8).
func (p *mediaPlaylist) next() place {
	e := p.edge()
	switch {
	case e.Part >= 0:
		return place{e.MSN, e.Part + 1}
	case p.PartTarget > 0:
		return place{e.MSN + 1, 0}
	}
	return place{e.MSN + 1, -1}
}

// has tells whether the place, or anything after it, is in the playlist.
func (p *mediaPlaylist) has(q place) bool {
	e := p.edge()
	if e.MSN != q.MSN || e.Part < 0 || q.Part < 0 {
		return e.MSN > q.MSN || e.MSN == q.MSN && e.Part < 0
	}
	return e.Part >= q.Part
}

// find returns the segment with the number, nil if it isn't listed.
func (p *mediaPlaylist) find(msn int64) *segment {
	if len(p.Segments) == 0 {
		return nil
	}
	i := msn - p.Segments[0].MSN
	if i < 0 || i >= int64(len(p.Segments)) {
		return nil
	}
	return &p.Segments[i]
}

// complete returns the segments that are not open.
func (p *mediaPlaylist) complete() []segment {
	if n := len(p.Segments); n > 0 && p.Segments[n-1].Open {
		return p.Segments[:n-1]
	}
	return p.Segments
}

// lastComplete is the number of the last segment that is not open.
func (p *mediaPlaylist) lastComplete() int64 {
	return p.MediaSequence + p.skipped() + int64(len(p.complete())) - 1
}

func (p *mediaPlaylist) skipped() int64 {
	if p.Skip == nil {
		return 0
	}
	return p.Skip.Segments
}

// duration is the sum of the complete segments'.
func (p *mediaPlaylist) duration() (d time.Duration) {
	for i := range p.complete() {
		d += p.Segments[i].Duration
	}
	return d
}

// partsDuration is the sum of the parts'.
func (s *segment) partsDuration() (d time.Duration) {
	for _, p := range s.Parts {
		d += p.Duration
	}
	return d
}
