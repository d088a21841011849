package hls

import (
	"strconv"
	"time"
)

// Segment is a media segment with the tags that apply to it.
type Segment struct {
	URI             string
	Duration        time.Duration
	ProgramDateTime time.Time
	Map             string // URI of the initialization section
	Discontinuity   bool
	Gap             bool
	Open            bool // only its parts so far exist; URI and Duration are not written
	Range           ByteRange
	Parts           []Part
}

// ByteRange is a part of a resource (EXT-X-BYTERANGE, §4.4.4.2); the zero value
// is the whole of it.
type ByteRange struct{ Offset, Length int }

// Part is a partial segment (EXT-X-PART, §4.4.4.9).
type Part struct {
	URI         string
	Duration    time.Duration
	Independent bool
}

// Append writes the segment with its tags to b. EXT-X-MAP is left out when the
// segment before it has the same one.
func (s *Segment) Append(b []byte, previousMap string) []byte {
	if s.Discontinuity {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if s.Map != "" && s.Map != previousMap {
		b = append(b, `#EXT-X-MAP:URI="`...)
		b = append(append(b, s.Map...), "\"\n"...)
	}
	b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
	b = append(appendTime(b, s.ProgramDateTime), '\n')
	if s.Gap {
		b = append(b, "#EXT-X-GAP\n"...)
	}
	for i := range s.Parts {
		b = s.Parts[i].append(b)
	}
	if s.Open {
		return b
	}
	b = append(b, "#EXTINF:"...)
	b = append(appendSeconds(b, s.Duration), ",\n"...)
	if s.Range.Length > 0 {
		b = strconv.AppendInt(append(b, "#EXT-X-BYTERANGE:"...), int64(s.Range.Length), 10)
		b = append(strconv.AppendInt(append(b, '@'), int64(s.Range.Offset), 10), '\n')
	}
	return append(append(b, s.URI...), '\n')
}

func (p *Part) append(b []byte) []byte {
	b = append(b, "#EXT-X-PART:DURATION="...)
	b = appendPartSeconds(b, p.Duration)
	b = append(b, `,URI="`...)
	b = append(append(b, p.URI...), '"')
	if p.Independent {
		b = append(b, ",INDEPENDENT=YES"...)
	}
	return append(b, '\n')
}
