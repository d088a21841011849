package hls

import (
	"strconv"
	"strings"
)

// Multivariant is a multivariant playlist (RFC 8216bis §4.4.6).
type Multivariant struct {
	IndependentSegments bool
	SteeringURI         string // SERVER-URI of EXT-X-CONTENT-STEERING; "": no steering
	Audio               []AudioRendition
	Captions            []CaptionRendition
	Variants            []Variant
	IFrames             []IFrameVariant
	// Query is appended to every URI: "?" and what follows it.
	Query string
}

// AudioRendition is a rendition of the audio group (EXT-X-MEDIA).
type AudioRendition struct {
	GroupID  string
	Name     string
	StableID string // STABLE-RENDITION-ID
	URI      string
	Channels int
	Default  bool
}

// CaptionRendition is a caption channel inside the pictures (EXT-X-MEDIA of type
// CLOSED-CAPTIONS).
type CaptionRendition struct {
	GroupID    string
	Name       string
	InstreamID string // CC1 to CC4, SERVICE1 to SERVICE63
	Default    bool
}

// Format is what variants and their I-frame playlists have in common.
type Format struct {
	URI              string
	Bandwidth        int64 // peak segment bit rate, bit/s, its audio included
	AverageBandwidth int64 // 0: not written
	Score            int   // 0: not written; higher is better
	Codecs           []string
	Width, Height    int    // 0: audio only
	VideoRange       string // SDR, HLG or PQ; "": audio only
	StableID         string // STABLE-VARIANT-ID
}

// Variant is a variant stream (EXT-X-STREAM-INF).
type Variant struct {
	Format
	FrameRate    int64 // in thousandths of a frame per second; 0: not written
	AudioGroup   string
	CaptionGroup string // NoCaptions, or "" to say nothing
}

// NoCaptions as a caption group says that no variant has captions.
const NoCaptions = "NONE"

// IFrameVariant is a playlist of keyframes (EXT-X-I-FRAME-STREAM-INF).
type IFrameVariant struct{ Format }

// basePathway is the pathway of variants that name none (RFC 8216bis §4.4.6.2), as all
// of ours do: the host that the playlist came from. The steering server clones it.
const basePathway = "."

// Append writes the playlist to b.
func (m Multivariant) Append(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	b = appendTag(b, "#EXT-X-VERSION:", Version)
	if m.IndependentSegments {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	if m.SteeringURI != "" {
		b = append(b, "#EXT-X-CONTENT-STEERING:SERVER-URI=\""...)
		b = append(append(b, m.SteeringURI...), '"')
		b = append(appendQuoted(b, "PATHWAY-ID", basePathway), '\n')
	}
	for _, a := range m.Audio {
		b = a.append(b, m.Query)
	}
	for _, c := range m.Captions {
		b = c.append(b)
	}
	for _, v := range m.Variants {
		b = v.append(b, m.Query)
	}
	for _, v := range m.IFrames {
		b = v.append(b, m.Query)
	}
	return b
}

func (a AudioRendition) append(b []byte, query string) []byte {
	b = append(b, "#EXT-X-MEDIA:TYPE=AUDIO"...)
	b = appendQuoted(b, "GROUP-ID", a.GroupID)
	b = appendQuoted(b, "NAME", a.Name)
	b = appendQuoted(b, "STABLE-RENDITION-ID", a.StableID)
	b = appendDefault(b, a.Default)
	if a.Channels > 0 {
		b = appendQuoted(b, "CHANNELS", strconv.Itoa(a.Channels))
	}
	b = appendQuoted(b, "URI", a.URI+query)
	return append(b, '\n')
}

func (c CaptionRendition) append(b []byte) []byte {
	b = append(b, "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS"...)
	b = appendQuoted(b, "GROUP-ID", c.GroupID)
	b = appendQuoted(b, "NAME", c.Name)
	b = appendDefault(b, c.Default)
	b = appendQuoted(b, "INSTREAM-ID", c.InstreamID)
	return append(b, '\n')
}

func appendDefault(b []byte, isDefault bool) []byte {
	if isDefault {
		b = append(b, ",DEFAULT=YES"...)
	}
	return append(b, ",AUTOSELECT=YES"...)
}

func (v Variant) append(b []byte, query string) []byte {
	b = append(b, "#EXT-X-STREAM-INF:"...)
	b = v.Format.append(b)
	if v.FrameRate > 0 {
		b = append(b, ",FRAME-RATE="...)
		b = strconv.AppendInt(b, v.FrameRate/1000, 10)
		thousandths := strconv.FormatInt(v.FrameRate%1000+1000, 10)
		b = append(append(b, '.'), thousandths[1:]...)
	}
	if v.AudioGroup != "" {
		b = appendQuoted(b, "AUDIO", v.AudioGroup)
	}
	switch v.CaptionGroup {
	case "":
	case NoCaptions:
		b = append(b, ",CLOSED-CAPTIONS=NONE"...)
	default:
		b = appendQuoted(b, "CLOSED-CAPTIONS", v.CaptionGroup)
	}
	return append(append(append(append(b, '\n'), v.URI...), query...), '\n')
}

func (v IFrameVariant) append(b []byte, query string) []byte {
	b = v.Format.append(append(b, "#EXT-X-I-FRAME-STREAM-INF:"...))
	return append(appendQuoted(b, "URI", v.URI+query), '\n')
}

func (f Format) append(b []byte) []byte {
	b = append(b, "BANDWIDTH="...)
	b = strconv.AppendInt(b, f.Bandwidth, 10)
	if f.AverageBandwidth > 0 {
		b = append(b, ",AVERAGE-BANDWIDTH="...)
		b = strconv.AppendInt(b, f.AverageBandwidth, 10)
	}
	if f.Score > 0 {
		b = append(b, ",SCORE="...)
		b = strconv.AppendInt(b, int64(f.Score), 10)
	}
	b = appendQuoted(b, "CODECS", strings.Join(f.Codecs, ","))
	if f.Width > 0 {
		b = append(b, ",RESOLUTION="...)
		b = strconv.AppendInt(b, int64(f.Width), 10)
		b = append(b, 'x')
		b = strconv.AppendInt(b, int64(f.Height), 10)
	}
	if f.VideoRange != "" {
		b = append(append(b, ",VIDEO-RANGE="...), f.VideoRange...)
	}
	if f.StableID != "" {
		b = appendQuoted(b, "STABLE-VARIANT-ID", f.StableID)
	}
	return b
}

func appendQuoted(b []byte, name, value string) []byte {
	b = append(append(append(b, ','), name...), `="`...)
	return append(append(b, value...), '"')
}
