package hls

import (
	"strconv"
	"time"
)

// Version is the protocol version that every playlist declares (RFC 8216bis §8):
// 9 is that of delta updates, and covers all that is written here.
const Version = 9

// MediaPlaylist is a live media playlist (RFC 8216bis §4.4.3).
type MediaPlaylist struct {
	TargetDuration        int           // seconds; never changes in a playlist's life
	PartTarget            time.Duration // 0: no low-latency tags at all
	HoldBack              time.Duration // at least 3 target durations
	PartHoldBack          time.Duration // at least 2 part targets
	MediaSequence         int64
	DiscontinuitySequence int64
	IndependentSegments   bool
	Segments              []Segment // the last one may be open: see Segment.Open
	PreloadHint           string    // URI of the next part; "" for none
	RenditionReports      []RenditionReport
	EndList               bool
}

// Segment is a media segment with the tags that apply to it.
type Segment struct {
	URI             string
	Duration        time.Duration
	ProgramDateTime time.Time
	Map             string // URI of the initialization section
	Discontinuity   bool
	Gap             bool
	Open            bool // only its parts so far exist; URI and Duration are not written
	Parts           []Part
}

// Part is a partial segment (EXT-X-PART, §4.4.4.9).
type Part struct {
	URI         string
	Duration    time.Duration
	Independent bool
}

// RenditionReport tells a client where another rendition's playlist ends
// (EXT-X-RENDITION-REPORT, §4.4.5.4).
type RenditionReport struct {
	URI      string
	LastMSN  int64
	LastPart int // -1: not given, the rendition has no open part
}

// Append writes the playlist to b.
func (p MediaPlaylist) Append(b []byte) []byte {
	b = p.appendHeader(b)
	mapURI := ""
	for i := range p.Segments {
		b = p.Segments[i].append(b, &mapURI)
	}
	if p.PreloadHint != "" && !p.EndList {
		b = append(b, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="`...)
		b = append(append(b, p.PreloadHint...), "\"\n"...)
	}
	for _, r := range p.RenditionReports {
		b = r.append(b)
	}
	if p.EndList {
		b = append(b, "#EXT-X-ENDLIST\n"...)
	}
	return b
}

func (p MediaPlaylist) appendHeader(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	b = appendTag(b, "#EXT-X-VERSION:", Version)
	b = appendTag(b, "#EXT-X-TARGETDURATION:", int64(p.TargetDuration))
	if p.PartTarget > 0 {
		b = append(b, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK="...)
		b = appendSeconds(b, p.PartHoldBack)
		b = append(b, ",HOLD-BACK="...)
		b = append(appendSeconds(b, p.HoldBack), '\n')
		b = append(b, "#EXT-X-PART-INF:PART-TARGET="...)
		b = append(appendSeconds(b, p.PartTarget), '\n')
	}
	b = appendTag(b, "#EXT-X-MEDIA-SEQUENCE:", p.MediaSequence)
	b = appendTag(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", p.DiscontinuitySequence)
	if p.IndependentSegments {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	return b
}

func (s *Segment) append(b []byte, mapURI *string) []byte {
	if s.Discontinuity {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if s.Map != "" && s.Map != *mapURI {
		*mapURI = s.Map
		b = append(b, `#EXT-X-MAP:URI="`...)
		b = append(append(b, s.Map...), "\"\n"...)
	}
	b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
	b = s.ProgramDateTime.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '\n')
	if s.Gap {
		b = append(b, "#EXT-X-GAP\n"...)
	}
	for _, part := range s.Parts {
		b = part.append(b)
	}
	if s.Open {
		return b
	}
	b = append(b, "#EXTINF:"...)
	b = append(appendSeconds(b, s.Duration), ",\n"...)
	return append(append(b, s.URI...), '\n')
}

func (p Part) append(b []byte) []byte {
	b = append(b, "#EXT-X-PART:DURATION="...)
	b = appendSeconds(b, p.Duration)
	b = append(b, `,URI="`...)
	b = append(append(b, p.URI...), '"')
	if p.Independent {
		b = append(b, ",INDEPENDENT=YES"...)
	}
	return append(b, '\n')
}

func (r RenditionReport) append(b []byte) []byte {
	b = append(b, `#EXT-X-RENDITION-REPORT:URI="`...)
	b = append(append(b, r.URI...), `",LAST-MSN=`...)
	b = strconv.AppendInt(b, r.LastMSN, 10)
	if r.LastPart >= 0 {
		b = append(b, ",LAST-PART="...)
		b = strconv.AppendInt(b, int64(r.LastPart), 10)
	}
	return append(b, '\n')
}

func appendTag(b []byte, tag string, value int64) []byte {
	b = append(b, tag...)
	return append(strconv.AppendInt(b, value, 10), '\n')
}

// appendSeconds writes a duration as decimal seconds to the microsecond.
func appendSeconds(b []byte, d time.Duration) []byte {
	us := d.Round(time.Microsecond).Microseconds()
	b = strconv.AppendInt(b, us/1e6, 10)
	b = append(b, '.')
	fraction := strconv.Itoa(int(us%1e6) + 1e6) // keeps the leading zeros
	return append(b, fraction[1:]...)
}
