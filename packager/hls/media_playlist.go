package hls

import (
	"strconv"
	"strings"
	"time"
)

// Version is the protocol version that playlists declare (RFC 8216bis §8): 9 is
// that of delta updates, and covers all that is written here but for
// versionSkipDateRanges.
const Version = 9

// versionSkipDateRanges is declared by delta updates that leave out date ranges.
const versionSkipDateRanges = 10

// MediaPlaylist is a media playlist (RFC 8216bis §4.4.3): its header, its
// segments, and what follows them.
type MediaPlaylist struct {
	Header
	Segments []Segment // the last one may be open: see Segment.Open
	Tail
}

// PlaylistType is EXT-X-PLAYLIST-TYPE (§4.4.3.5).
type PlaylistType string

// The playlist types. A live playlist with a sliding window has none.
const (
	Event PlaylistType = "EVENT"
	VOD   PlaylistType = "VOD"
)

// Header is what stands before the segments.
type Header struct {
	Type                  PlaylistType
	TargetDuration        int           // seconds; never changes while the playlist exists
	PartTarget            time.Duration // 0: no parts are listed
	HoldBack              time.Duration // at least 3 target durations; 0: no server control at all
	PartHoldBack          time.Duration // at least 2 part targets
	CanSkipUntil          time.Duration // at least 6 target durations; 0: no delta updates
	MediaSequence         int64
	DiscontinuitySequence int64
	IndependentSegments   bool
	IFramesOnly           bool
	DateRanges            []DateRange
	Skip                  *Skip // nil: the playlist is whole
}

// Skip makes a playlist a delta update (EXT-X-SKIP, §4.4.5.2).
type Skip struct {
	Segments int // how many are left out, from MediaSequence on
	// DateRanges tells that those added before the skip boundary are left out too
	// (_HLS_skip=v2), and RemovedDateRanges which IDs are gone since then.
	DateRanges        bool
	RemovedDateRanges []string
}

// Tail is what stands after the segments.
type Tail struct {
	PreloadHint      string // URI of the next part; "" for none
	RenditionReports []RenditionReport
	EndList          bool
	// Pending tells that segments with parts are listed, and that more may follow them. hls.js
	// takes the last line's segment for the one that comes next as well, and gives up
	// (levelParsingError) when that one follows a discontinuity: another line must come last.
	Pending bool
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
	b = p.Header.Append(b)
	previousMap := ""
	for i := range p.Segments {
		b = p.Segments[i].Append(b, previousMap)
		if p.Segments[i].Map != "" {
			previousMap = p.Segments[i].Map
		}
	}
	return p.Tail.Append(b)
}

// Append writes the header to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	version := int64(Version)
	if h.Skip != nil && h.Skip.DateRanges {
		version = versionSkipDateRanges
	}
	b = appendTag(b, "#EXT-X-VERSION:", version)
	b = appendTag(b, "#EXT-X-TARGETDURATION:", int64(h.TargetDuration))
	if h.Type != "" {
		b = append(append(append(b, "#EXT-X-PLAYLIST-TYPE:"...), h.Type...), '\n')
	}
	b = h.appendServerControl(b)
	if h.PartTarget > 0 {
		b = append(b, "#EXT-X-PART-INF:PART-TARGET="...)
		b = append(appendSeconds(b, h.PartTarget), '\n')
	}
	b = appendTag(b, "#EXT-X-MEDIA-SEQUENCE:", h.MediaSequence)
	b = appendTag(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", h.DiscontinuitySequence)
	if h.IFramesOnly {
		b = append(b, "#EXT-X-I-FRAMES-ONLY\n"...)
	}
	if h.IndependentSegments {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	for i := range h.DateRanges {
		b = h.DateRanges[i].Append(b)
	}
	return h.Skip.append(b)
}

func (h Header) appendServerControl(b []byte) []byte {
	if h.HoldBack == 0 {
		return b
	}
	b = append(b, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES"...)
	if h.CanSkipUntil > 0 {
		b = append(b, ",CAN-SKIP-UNTIL="...)
		b = append(appendSeconds(b, h.CanSkipUntil), ",CAN-SKIP-DATERANGES=YES"...)
	}
	if h.PartTarget > 0 {
		b = appendSeconds(append(b, ",PART-HOLD-BACK="...), h.PartHoldBack)
	}
	b = append(b, ",HOLD-BACK="...)
	return append(appendSeconds(b, h.HoldBack), '\n')
}

func (s *Skip) append(b []byte) []byte {
	if s == nil {
		return b
	}
	b = append(b, "#EXT-X-SKIP:SKIPPED-SEGMENTS="...)
	b = strconv.AppendInt(b, int64(s.Segments), 10)
	if s.DateRanges {
		b = append(b, `,RECENTLY-REMOVED-DATERANGES="`...)
		b = append(append(b, strings.Join(s.RemovedDateRanges, "\t")...), '"')
	}
	return append(b, '\n')
}

// Append writes the tail to b.
func (t Tail) Append(b []byte) []byte {
	if t.PreloadHint != "" && !t.EndList {
		b = append(b, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="`...)
		b = append(append(b, t.PreloadHint...), "\"\n"...)
	}
	for _, r := range t.RenditionReports {
		b = r.append(b)
	}
	if t.EndList {
		b = append(b, "#EXT-X-ENDLIST\n"...)
	}
	if t.Pending && t.PreloadHint == "" && len(t.RenditionReports) == 0 && !t.EndList {
		b = append(b, "# nothing more yet\n"...) // a comment (§4.1)
	}
	return b
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
	return appendMicroseconds(b, d.Round(time.Microsecond).Microseconds())
}

// appendPartSeconds writes a part's duration, to the microsecond above it. A player
// adds the durations up to find where a part begins. Shaka Player 5 takes a part that
// seems to begin before its media time by the least rounding for a jump, resets its
// buffer, and drops all pictures until the next keyframe.
func appendPartSeconds(b []byte, d time.Duration) []byte {
	return appendMicroseconds(b, d.Microseconds()+1)
}

func appendMicroseconds(b []byte, us int64) []byte {
	b = strconv.AppendInt(b, us/1e6, 10)
	b = append(b, '.')
	for unit := int64(1e5); unit > 0; unit /= 10 {
		b = append(b, byte('0'+us/unit%10))
	}
	return b
}

// appendTime writes an instant to the millisecond, in UTC (ISO 8601).
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
}
