package mpegts

import (
	"fmt"
	"strconv"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// events makes the session's events of what a tap finds.
type events struct{ session *ingest.Session }

// splice passes on an SCTE-35 section that can be read and means something.
func (e events) splice(section []byte) {
	s, err := scte35.Parse(section)
	if err != nil || (s.Command != scte35.SpliceInsert && s.Command != scte35.TimeSignal) {
		return
	}
	event := spliceEvent(s)
	event.Payload = section
	if s.Timed {
		e.session.Event(s.PTS, event)
	} else {
		e.session.EventNow(event)
	}
}

func spliceEvent(s scte35.Splice) media.Event {
	event := media.Event{
		Kind: media.EventSCTE35, Name: s.Command.String(), Duration: s.Duration, Values: make(map[string]string),
	}
	id, cancel := s.EventID, s.Cancel
	if s.Command == scte35.TimeSignal && len(s.Segments) > 0 {
		first := s.Segments[0]
		id, cancel, event.Duration = first.EventID, first.Cancel, max(first.Duration, s.Duration)
		event.Values["segmentation_type"] = fmt.Sprintf("%#02x", first.TypeID)
	}
	if s.Command == scte35.SpliceInsert || len(s.Segments) > 0 {
		event.ID = strconv.FormatUint(uint64(id), 10)
	}
	if cancel {
		event.Values["cancel"] = "true"
	}
	if d := s.Direction(); d != scte35.Neither {
		event.Values["out"] = strconv.FormatBool(d == scte35.Out)
	}
	return event
}

// id3 passes on the ID3 tags of a PES packet ("Timed Metadata for HTTP Live
// Streaming").
func (e events) id3(pts int64, timed bool, data []byte) {
	for {
		tag, rest, ok := cutID3(data)
		if !ok {
			return
		}
		event := media.Event{Kind: media.EventID3, Payload: tag}
		if timed {
			e.session.Event(pts, event)
		} else {
			e.session.EventNow(event)
		}
		data = rest
	}
}

// cutID3 cuts off the first tag: ten bytes of header, whose size has seven bits a
// byte (ID3v2.4.0 §3.1), and perhaps a footer of ten more.
func cutID3(b []byte) (tag, rest []byte, ok bool) {
	const header, footer = 10, 0x10
	if len(b) < header || string(b[:3]) != "ID3" {
		return nil, nil, false
	}
	size := header
	for i, c := range b[6:header] {
		if c&0x80 != 0 {
			return nil, nil, false
		}
		size += int(c) << (21 - 7*i)
	}
	if b[5]&footer != 0 {
		size += header
	}
	if size > len(b) {
		return nil, nil, false
	}
	return b[:size], b[size:], true
}

// newTap makes a tap that feeds the session.
func newTap(session *ingest.Session) *tap {
	e := events{session}
	return &tap{onSection: e.splice, onPES: e.id3}
}
