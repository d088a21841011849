package hls

import (
	"strconv"
	"strings"
)

// Multivariant is a multivariant playlist (RFC 8216bis §4.4.6).
type Multivariant struct {
	IndependentSegments bool
	Audio               []AudioRendition
	Variants            []Variant
}

// AudioRendition is a rendition of the audio group (EXT-X-MEDIA).
type AudioRendition struct {
	GroupID  string
	Name     string
	URI      string
	Channels int
	Default  bool
}

// Variant is a variant stream (EXT-X-STREAM-INF).
type Variant struct {
	URI              string
	Bandwidth        int64 // peak segment bit rate, bit/s, its audio included
	AverageBandwidth int64
	Codecs           []string
	Width, Height    int   // 0: audio only
	FrameRate        int64 // in thousandths of a frame per second; 0: not written
	AudioGroup       string
}

// Append writes the playlist to b.
func (m Multivariant) Append(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	b = appendTag(b, "#EXT-X-VERSION:", Version)
	if m.IndependentSegments {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	for _, a := range m.Audio {
		b = a.append(b)
	}
	for _, v := range m.Variants {
		b = v.append(b)
	}
	return b
}

func (a AudioRendition) append(b []byte) []byte {
	b = append(b, `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="`...)
	b = append(append(b, a.GroupID...), `",NAME="`...)
	b = append(append(b, a.Name...), `",AUTOSELECT=YES`...)
	if a.Default {
		b = append(b, ",DEFAULT=YES"...)
	}
	if a.Channels > 0 {
		b = append(b, `,CHANNELS="`...)
		b = append(strconv.AppendInt(b, int64(a.Channels), 10), '"')
	}
	b = append(b, `,URI="`...)
	return append(append(b, a.URI...), "\"\n"...)
}

func (v Variant) append(b []byte) []byte {
	b = append(b, "#EXT-X-STREAM-INF:BANDWIDTH="...)
	b = strconv.AppendInt(b, v.Bandwidth, 10)
	if v.AverageBandwidth > 0 {
		b = append(b, ",AVERAGE-BANDWIDTH="...)
		b = strconv.AppendInt(b, v.AverageBandwidth, 10)
	}
	b = append(b, `,CODECS="`...)
	b = append(append(b, strings.Join(v.Codecs, ",")...), '"')
	if v.Width > 0 {
		b = append(b, ",RESOLUTION="...)
		b = strconv.AppendInt(b, int64(v.Width), 10)
		b = append(b, 'x')
		b = strconv.AppendInt(b, int64(v.Height), 10)
	}
	if v.FrameRate > 0 {
		b = append(b, ",FRAME-RATE="...)
		b = strconv.AppendInt(b, v.FrameRate/1000, 10)
		thousandths := strconv.FormatInt(v.FrameRate%1000+1000, 10)
		b = append(append(b, '.'), thousandths[1:]...)
	}
	if v.AudioGroup != "" {
		b = append(b, `,AUDIO="`...)
		b = append(append(b, v.AudioGroup...), '"')
	}
	b = append(b, '\n')
	return append(append(b, v.URI...), '\n')
}
