package packager

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
	"github.com/globalfandom/lightstick/packager/hls"
)

// audioGroup and captionGroup are the GROUP-IDs of renditions that variants share.
const (
	audioGroup   = "audio"
	captionGroup = "captions"
)

// IFramesSuffix follows a rendition's name in the name of its playlist of keyframes.
const IFramesSuffix = ".iframes"

// multivariant is a multivariant playlist, made once and shown to everybody.
type multivariant struct {
	spans hls.Multivariant // leads to the playlists of the first generation, which have all there is
	whole Document
}

// document is the playlist that leads to the media playlists of a span.
func (m *multivariant) document(span Span) *Document {
	if span.IsZero() {
		return &m.whole
	}
	p := m.spans
	p.Query = span.query()
	return newDocument(p)
}

func newDocument(p hls.Multivariant) *Document {
	return &Document{compose: func() []piece { return []piece{{text: p.Append(nil)}} }}
}

// query is the span as the media playlists are asked for it.
func (s Span) query() string {
	q := url.Values{}
	for name, t := range map[string]time.Time{"start": s.Start, "end": s.End} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	return "?" + q.Encode()
}

// makeMultivariant describes the stream. It can change with each segment only: it
// is made once, not once a viewer.
func (p *playlists) makeMultivariant() *multivariant {
	if m := p.published.multivariant.Load(); m != nil {
		return m
	}
	d := multivariantBuilder{cfg: p.cfg, muxed: p.muxed, frameRate: p.params.FrameRate}
	m := &multivariant{spans: d.build(p.lists)}
	whole := m.spans
	if generation, ok := p.newestGeneration(); ok {
		d.suffix = generation.suffix()
		whole = d.build(p.lists)
	}
	m.whole.compose = newDocument(whole).compose
	p.published.multivariant.Store(m)
	return m
}

// multivariantBuilder describes renditions in a multivariant playlist.
type multivariantBuilder struct {
	cfg       Config
	muxed     bool   // sound travels with the picture
	frameRate int64  // FRAME-RATE, in thousandths
	suffix    string // of the generation that it leads to
}

// build lists the renditions that have something to play.
func (d multivariantBuilder) build(lists []*playlist) hls.Multivariant {
	m := hls.Multivariant{IndependentSegments: true, SteeringURI: d.cfg.SteeringURI}
	var videos []*playlist
	var audio *playlist
	var captions media.Captions
	for _, l := range lists {
		if !l.isPlayable(0) {
			continue
		}
		m.IndependentSegments = m.IndependentSegments && l.window.dependent == 0
		if l.track.Kind() == media.Audio {
			audio = l
		} else {
			videos = append(videos, l)
		}
	}
	beside := audio // a rendition that the variants refer to
	if d.muxed {
		beside = nil
	}
	if beside != nil && len(videos) > 0 {
		m.Audio = []hls.AudioRendition{{
			GroupID: audioGroup, Name: "Main", StableID: audio.name, URI: generationURI(audio.uri, d.suffix),
			Channels: audio.track.Channels, Default: true,
		}}
	}
	for _, v := range videos {
		m.Variants = append(m.Variants, d.variant(v, beside))
		captions |= v.track.Captions
		if v.rates.keyFrames() > 0 {
			m.IFrames = append(m.IFrames, hls.IFrameVariant{Format: d.iFrameFormat(v)})
		}
	}
	if audio != nil && (d.cfg.AudioOnly || len(videos) == 0) {
		only := d.variant(audio, nil)
		if len(m.Audio) > 0 {
			only.AudioGroup = audioGroup
		}
		m.Variants = append(m.Variants, only)
	}
	describeCaptions(&m, captions)
	score(m.Variants)
	return m
}

// describeCaptions lists the captions inside the pictures, which transcoding keeps.
// When there are none every variant says so, also those without picture (RFC 8216bis
// §4.4.6.2).
func describeCaptions(m *hls.Multivariant, captions media.Captions) {
	for i, id := range captions.InstreamIDs() {
		m.Captions = append(m.Captions, hls.CaptionRendition{GroupID: captionGroup, Name: id, InstreamID: id, Default: i == 0})
	}
	for i := range m.Variants {
		switch v := &m.Variants[i]; {
		case len(m.Captions) == 0:
			v.CaptionGroup = hls.NoCaptions
		case v.Width > 0:
			v.CaptionGroup = captionGroup
		}
	}
}

// score ranks variants by what is seen, then by how much is spent on it.
func score(variants []hls.Variant) {
	order := make([]*hls.Variant, len(variants))
	for i := range variants {
		order[i] = &variants[i]
	}
	slices.SortStableFunc(order, func(a, b *hls.Variant) int {
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Bandwidth, b.Bandwidth))
	})
	for i, v := range order {
		v.Score = i + 1
	}
}

func (d multivariantBuilder) variant(r, audio *playlist) hls.Variant {
	v := hls.Variant{Format: hls.Format{
		URI: generationURI(r.uri, d.suffix), Codecs: []string{cmaf.CodecString(r.track)}, StableID: r.name,
		Bandwidth: r.rates.bandwidth(r.track.BitrateBPS + r.sound.BitrateBPS), AverageBandwidth: r.rates.average(),
	}}
	if r.track.Kind() == media.Video {
		v.Width, v.Height = r.track.Width, r.track.Height
		v.VideoRange = r.track.VideoRange().String()
		v.FrameRate = d.frameRate
	}
	if sound := r.sound; sound.Codec != 0 {
		v.Codecs = append(v.Codecs, cmaf.CodecString(sound))
	}
	if audio != nil {
		v.AudioGroup = audioGroup
		v.Codecs = append(v.Codecs, cmaf.CodecString(audio.track))
		v.Bandwidth += audio.rates.bandwidth(audio.track.BitrateBPS)
		v.AverageBandwidth += audio.rates.average()
	}
	return v
}

func (d multivariantBuilder) iFrameFormat(r *playlist) hls.Format {
	return hls.Format{
		URI: r.name + d.suffix + IFramesSuffix + ".m3u8", Codecs: []string{cmaf.CodecString(r.track)},
		StableID: r.name + IFramesSuffix, Bandwidth: r.rates.keyFrames(),
		Width: r.track.Width, Height: r.track.Height, VideoRange: r.track.VideoRange().String(),
	}
}

// usualFrameRate gives the rate for a frame's duration, in thousandths of a frame
// per second: the usual rate nearby, if there is one.
func usualFrameRate(frame time.Duration) int64 {
	if frame <= 0 {
		return 0
	}
	measured := 1000 * int64(time.Second) / int64(frame)
	for _, usual := range []int64{
		10000, 12000, 12500, 15000, 20000, 23976, 24000, 25000, 29970, 30000,
		48000, 50000, 59940, 60000, 90000, 100000, 119880, 120000,
	} {
		// 0.05%: half the distance between 29.97 and 30.
		if delta := measured - usual; -usual <= delta*2000 && delta*2000 <= usual {
			return usual
		}
	}
	return measured
}
