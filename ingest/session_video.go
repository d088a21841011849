package ingest

import "time"

// VideoBody takes a picture, or slices of one, with length-prefixed NAL units, as FLV has
// it. The sample's payload is a slice of body where that is possible: body belongs to the session
// from now on, and nobody may write to it.
func (s *Session) VideoBody(dts, compositionOffset int64, body []byte, prefixSize int, arrival time.Time) error {
	if s.video.decoder == nil {
		return nil // pictures before their configuration can't be decoded
	}
	au, err := s.video.decoder.FromLengthPrefixed(body, prefixSize)
	return s.video.unit(&au, err, stamp{raw: dts, offset: compositionOffset, arrival: arrival})
}

// VideoNALUnits takes a picture, or slices of one, as NAL units, which are copied.
func (s *Session) VideoNALUnits(dts, compositionOffset int64, nalus [][]byte, arrival time.Time) error {
	if s.video.decoder == nil {
		return nil
	}
	au, err := s.video.decoder.FromNALUnits(nalus)
	return s.video.unit(&au, err, stamp{raw: dts, offset: compositionOffset, arrival: arrival})
}

// VideoPresented takes a picture, or slices of one, as VideoBody does with lengths of four bytes.
// Pictures come in the order of decoding, and only the presentation time is known, as RTP has it.
func (s *Session) VideoPresented(pts int64, body []byte, arrival time.Time) error {
	if s.video.decoder == nil {
		return nil
	}
	s.video.decoder.SliceTypes = true
	const prefixSize = 4
	au, err := s.video.decoder.FromLengthPrefixed(body, prefixSize)
	return s.video.unit(&au, err, stamp{raw: pts, presented: true, arrival: arrival})
}

// VideoOBUStream takes a temporal unit of AV1 whose OBUs have sizes, as FLV has it. body belongs
// to the session from now on, as in VideoBody.
func (s *Session) VideoOBUStream(dts int64, body []byte, arrival time.Time) error {
	if s.video.decoder == nil {
		return nil
	}
	au, err := s.video.decoder.FromOBUStream(body)
	return s.video.unit(&au, err, stamp{raw: dts, arrival: arrival})
}

// VideoOBUs takes a temporal unit of AV1 as its OBUs, as RTP has it. They are copied.
func (s *Session) VideoOBUs(dts int64, obus [][]byte, arrival time.Time) error {
	if s.video.decoder == nil {
		return nil
	}
	au, err := s.video.decoder.FromOBUs(obus)
	return s.video.unit(&au, err, stamp{raw: dts, arrival: arrival})
}
