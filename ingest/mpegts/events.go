package mpegts

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// events makes the session's events of streams that carry SCTE-35 and ID3.
type events struct{ session *ingest.Session }

// consumer makes what takes such a stream.
func (e events) consumer(c codec) consumer {
	if c == codecSCTE35 {
		return &sectionAssembler{emit: e.splice}
	}
	ignore := func() {}
	return &pesAssembler{sink: &wholePackets{limit: maxTags, decoder: id3Decoder(e)}, bad: ignore, scrambled: ignore}
}

// splice passes on an SCTE-35 section that can be read and means something.
func (e events) splice(section []byte) error {
	s, err := scte35.Parse(section)
	if err != nil || (s.Command != scte35.SpliceInsert && s.Command != scte35.TimeSignal) {
		return nil
	}
	event := spliceEvent(s)
	event.Payload = bytes.Clone(section)
	if s.Timed {
		e.session.Event(s.PTS, event)
	} else {
		e.session.EventNow(event)
	}
	return nil
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

// id3Decoder takes ID3 tags ("Timed Metadata for HTTP Live Streaming").
type id3Decoder struct{ session *ingest.Session }

func (d id3Decoder) held() int { return 0 }

func (d id3Decoder) decode(p pesPacket, data []byte) error {
	for left := bytes.Clone(data); ; {
		tag, rest, ok := cutID3(left)
		if !ok {
			return nil
		}
		event := media.Event{Kind: media.EventID3, Payload: tag}
		if p.timed {
			d.session.Event(p.pts, event)
		} else {
			d.session.EventNow(event)
		}
		left = rest
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
