package hls

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// merger joins the samples of one or two playlists of fMP4, in the order of their times. A
// new period (EXT-X-DISCONTINUITY) begins where the one before ended, by the same shift for
// picture and sound, so that they stay in step.
type merger struct {
	session *ingest.Session
	sources []*source
	shifts  map[int64]media.Ticks // by discontinuity sequence number
	leftOut []string
}

// source is one playlist.
type source struct {
	*follower
	formats []format
	units   []unit      // that wait, in decode order
	end     media.Ticks // of the newest sample
	begun   bool
	over    bool
}

const (
	// lengthSize is that of a NAL unit's length, in bytes. The library does not tell it, and
	// everybody has this one.
	lengthSize = 4
	// periodsKept is for how many periods shifts are known: one source may be behind.
	periodsKept = 8
)

func newMerger(followers []*follower, session *ingest.Session) *merger {
	m := &merger{session: session, shifts: make(map[int64]media.Ticks)}
	for _, f := range followers {
		m.sources = append(m.sources, &source{follower: f})
	}
	return m
}

// run feeds the session, from the first segment of the first source on, until all end.
func (m *merger) run(p piece) error {
	if err := m.add(m.sources[0], p); err != nil {
		return err
	}
	for {
		for _, s := range m.sources {
			if err := m.refill(s); err != nil {
				return err
			}
		}
		next := m.earliest()
		if next == nil {
			return m.end()
		}
		u := next.units[0]
		next.units = next.units[1:]
		if err := m.feed(u); err != nil {
			return err
		}
	}
}

// refill waits for the next segment of a source that has nothing more.
func (m *merger) refill(s *source) error {
	for len(s.units) == 0 && !s.over {
		p, ok := <-s.pieces
		if !ok {
			s.over = true
			if s.err != nil {
				return s.err
			}
			return nil
		}
		if err := m.add(s, p); err != nil {
			return err
		}
	}
	return nil
}

// earliest is the source whose next sample comes first; nil: all are over.
func (m *merger) earliest() *source {
	waiting := slices.DeleteFunc(slices.Clone(m.sources), func(s *source) bool { return len(s.units) == 0 })
	if len(waiting) == 0 {
		return nil
	}
	return slices.MinFunc(waiting, func(a, b *source) int { return cmp.Compare(a.units[0].dts, b.units[0].dts) })
}

// end is why all sources are over.
func (m *merger) end() error {
	for _, s := range m.sources {
		if s.err != nil {
			return s.err
		}
	}
	return nil
}

// add reads a segment. One that is damaged is left out.
func (m *merger) add(s *source, p piece) error {
	if p.fresh || s.formats == nil {
		if err := m.configure(s, p); err != nil {
			return err
		}
	}
	units, err := parseFragments(p.data, s.formats)
	if err != nil {
		m.session.Repaired(ingest.RepairBadUnit)
		return nil
	}
	// Of several tracks each comes as a run.
	slices.SortStableFunc(units, func(a, b unit) int { return cmp.Compare(a.dts, b.dts) })
	if len(units) == 0 {
		return nil
	}
	shift := m.shift(s, p, units[0].dts)
	for i := range units {
		units[i].dts += shift
		s.end = max(s.end, units[i].dts+units[i].length)
	}
	s.begun = true
	s.units = append(s.units, units...)
	return nil
}

// configure takes an initialization section.
func (m *merger) configure(s *source, p piece) error {
	if p.header == nil {
		return errSegment(p.data)
	}
	formats, leftOut, err := parseInit(p.header)
	if err != nil {
		return err
	}
	m.leftOut = append(m.leftOut, leftOut...)
	slices.Sort(m.leftOut)
	m.leftOut = slices.Compact(m.leftOut)
	m.session.LeftOut(m.leftOut...)
	s.formats = formats
	s.units = append(s.units, unit{formats: formats, dts: s.end})
	m.expect()
	return nil
}

// expect says which tracks there are: the second playlist is one of sound.
func (m *merger) expect() {
	expected := [2]bool{media.Audio: len(m.sources) > 1}
	for _, s := range m.sources {
		for _, f := range s.formats {
			expected[f.codec.Kind()] = true
		}
	}
	m.session.Expect(expected[media.Video], expected[media.Audio])
}

// shift is what is added to the times of a period. The first one keeps its own.
func (m *merger) shift(s *source, p piece, first media.Ticks) media.Ticks {
	shift, known := m.shifts[p.discontinuity]
	if !known {
		if s.begun {
			shift = s.end - first
		}
		maps.DeleteFunc(m.shifts, func(period int64, _ media.Ticks) bool { return period < p.discontinuity-periodsKept })
		m.shifts[p.discontinuity] = shift
	}
	return shift
}

// feed gives the session a sample.
func (m *merger) feed(u unit) error {
	now := time.Now()
	if u.formats != nil {
		return m.announce(u.formats, now)
	}
	var err error
	at, offset := int64(u.dts), int64(u.offset)
	switch u.format.codec {
	case media.H264, media.HEVC:
		err = m.session.VideoBody(at, offset, u.payload, lengthSize, now)
	case media.AV1:
		err = m.session.VideoOBUStream(at, u.payload, now)
	case media.AC3, media.EAC3, media.MP3:
		err = m.session.AudioStream(u.format.codec, at, u.payload, now)
	default:
		err = m.session.AudioFrames(at, [][]byte{u.payload}, now)
	}
	return m.judge(u.format.codec.Kind(), err, now)
}

// announce sets the codecs that hold from here on.
func (m *merger) announce(formats []format, now time.Time) error {
	for _, f := range formats {
		var err error
		switch {
		case f.codec.Kind() == media.Video:
			err = m.session.SetVideo(f.codec, f.sets)
		case f.track.Codec != 0:
			err = m.session.SetAudio(f.track)
		}
		if err := m.judge(f.codec.Kind(), err, now); err != nil {
			return err
		}
	}
	return nil
}

// judge leaves out a track that can't be packaged.
func (m *merger) judge(k media.Kind, err error, now time.Time) error {
	if errors.Is(err, ingest.ErrUnsupported) {
		return m.session.Refuse(k, err, now)
	}
	return err
}
