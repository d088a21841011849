package check

import (
	"errors"
	"fmt"
)

// initSection is a media initialization section (RFC 8216bis §3.1.2).
type initSection struct {
	Tracks []initTrack
}

// initTrack is a track of it.
type initTrack struct {
	ID              uint32
	Timescale       uint32
	Handler         string // vide, soun, …
	SampleEntry     string // avc1, mp4a, …
	Width, Height   int
	DefaultDuration uint32 // of trex
	DefaultSize     uint32
	DefaultFlags    uint32
}

// maxTracks is more than any segment needs.
const maxTracks = 32

// parseInit reads ftyp and moov.
func parseInit(b []byte) (*initSection, error) {
	boxes, err := readBoxes(b)
	if err != nil {
		return nil, err
	}
	if find(boxes, "ftyp") == nil || boxes[0].kind != "ftyp" {
		return nil, errors.New("no ftyp first")
	}
	moov := find(boxes, "moov")
	if moov == nil {
		return nil, errors.New("no moov")
	}
	children, err := readBoxes(moov.body)
	if err != nil {
		return nil, fmt.Errorf("moov: %w", err)
	}
	s := &initSection{}
	for _, c := range children {
		if c.kind != "trak" || len(s.Tracks) == maxTracks {
			continue
		}
		track, err := parseTrak(c.body)
		if err != nil {
			return nil, err
		}
		s.Tracks = append(s.Tracks, track)
	}
	mvex := find(children, "mvex")
	switch {
	case len(s.Tracks) == 0:
		return nil, errors.New("no tracks")
	case mvex == nil:
		return nil, errors.New("no mvex")
	}
	return s, s.parseMvex(mvex.body)
}

func parseTrak(b []byte) (t initTrack, err error) {
	tkhd, ok1 := descend(b, "tkhd")
	mdhd, ok2 := descend(b, "mdia", "mdhd")
	hdlr, ok3 := descend(b, "mdia", "hdlr")
	stsd, ok4 := descend(b, "mdia", "minf", "stbl", "stsd")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return t, errors.New("a track lacks tkhd, mdhd, hdlr or stsd")
	}
	r := reader{b: tkhd}
	version, _ := r.full()
	r.long(version)
	r.long(version)
	t.ID = r.u32()
	m := reader{b: mdhd}
	version, _ = m.full()
	m.long(version)
	m.long(version)
	t.Timescale = m.u32()
	h := reader{b: hdlr}
	h.skip(8)
	t.Handler = string(h.take(4))
	t.parseEntry(stsd)
	if r.short || m.short || h.short || t.Timescale == 0 {
		return t, errors.New("a track's header is cut short or has no timescale")
	}
	return t, nil
}

// parseEntry reads the first sample entry.
func (t *initTrack) parseEntry(stsd []byte) {
	r := reader{b: stsd}
	r.skip(8)
	entries, _ := readBoxes(r.b)
	if len(entries) == 0 {
		return
	}
	t.SampleEntry = entries[0].kind
	if t.Handler == "vide" {
		v := reader{b: entries[0].body}
		v.skip(24)
		t.Width, t.Height = int(v.u16()), int(v.u16())
	}
}

func (s *initSection) parseMvex(b []byte) error {
	boxes, err := readBoxes(b)
	if err != nil {
		return fmt.Errorf("mvex: %w", err)
	}
	for _, c := range boxes {
		if c.kind != "trex" {
			continue
		}
		r := reader{b: c.body}
		r.full()
		if t := s.track(r.u32()); t != nil {
			r.skip(4)
			t.DefaultDuration, t.DefaultSize, t.DefaultFlags = r.u32(), r.u32(), r.u32()
		}
	}
	return nil
}

func (s *initSection) track(id uint32) *initTrack {
	for i := range s.Tracks {
		if s.Tracks[i].ID == id {
			return &s.Tracks[i]
		}
	}
	return nil
}

// kind is video, audio, muxed, or "" for anything else.
func (s *initSection) kind() string {
	video, audio := false, false
	for _, t := range s.Tracks {
		video = video || t.Handler == "vide"
		audio = audio || t.Handler == "soun"
	}
	switch {
	case video && audio:
		return "muxed"
	case video:
		return "video"
	case audio:
		return "audio"
	}
	return ""
}

// lead is the track whose times count: the video's, or else the first.
func (s *initSection) lead() *initTrack {
	for i := range s.Tracks {
		if s.Tracks[i].Handler == "vide" {
			return &s.Tracks[i]
		}
	}
	return &s.Tracks[0]
}
