package packager

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
	"github.com/globalfandom/lightstick/packager/hls"
)

// audioGroup is the GROUP-ID of the audio renditions.
const audioGroup = "audio"

// headroom is added to measured bit rates, in per cent: BANDWIDTH must hold for
// segments that are still to come (RFC 8216bis §4.4.6.2).
const headroom = 15

// Multivariant is the multivariant playlist as it stands: every rendition that
// has something to play. With audioOnly, a variant without picture is offered
// beside the video ones.
func (s *Stream) Multivariant(audioOnly bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	// It can change with each segment only: render it once, not once a viewer.
	if c := &s.cached; c.text == nil || c.segments != s.counters.Segments || c.audioOnly != audioOnly {
		*c = cachedMultivariant{s.multivariant(audioOnly).Append(nil), s.counters.Segments, audioOnly}
	}
	return s.cached.text
}

type cachedMultivariant struct {
	text      []byte
	segments  uint64
	audioOnly bool
}

func (s *Stream) multivariant(audioOnly bool) hls.Multivariant {
	m := hls.Multivariant{IndependentSegments: true}
	var videos []*Rendition
	var audio *Rendition
	for _, r := range s.Renditions() {
		if !r.playable() {
			continue
		}
		for _, c := range r.closed {
			m.IndependentSegments = m.IndependentSegments && c.Independent()
		}
		if r.track.Kind() == media.Audio {
			audio = r
		} else {
			videos = append(videos, r)
		}
	}
	if audio != nil && len(videos) > 0 {
		m.Audio = []hls.AudioRendition{{
			GroupID: audioGroup, Name: "Main", URI: audio.name + ".m3u8",
			Channels: audio.track.Channels, Default: true,
		}}
	}
	for _, v := range videos {
		m.Variants = append(m.Variants, s.variant(v, audio))
	}
	if audio != nil && (audioOnly || len(videos) == 0) {
		only := s.variant(audio, nil)
		if len(videos) > 0 {
			only.AudioGroup = audioGroup
		}
		m.Variants = append(m.Variants, only)
	}
	return m
}

func (s *Stream) variant(r, audio *Rendition) hls.Variant {
	v := hls.Variant{
		URI: r.name + ".m3u8", Codecs: []string{cmaf.CodecString(r.track)},
		Bandwidth: r.peak(), AverageBandwidth: r.average(),
	}
	if r.track.Kind() == media.Video {
		v.Width, v.Height = r.track.Width, r.track.Height
		v.FrameRate = s.frameRate
	}
	if audio != nil {
		v.AudioGroup = audioGroup
		v.Codecs = append(v.Codecs, cmaf.CodecString(audio.track))
		v.Bandwidth += audio.peak()
		v.AverageBandwidth += audio.average()
	}
	return v
}

// playable reports whether the playlist lists anything but gaps.
func (r *Rendition) playable() bool {
	return slices.ContainsFunc(r.closed, func(s *Segment) bool { return !s.Gap })
}

// peak is the highest bit rate of a segment so far, or what the encoder was told
// to keep to if that is more, with headroom; in bit/s.
func (r *Rendition) peak() int64 {
	return max(r.peakBPS, int64(r.track.BitrateBPS)) * (100 + headroom) / 100
}

// average is the mean bit rate so far, in bit/s.
func (r *Rendition) average() int64 {
	if r.totalTime < time.Millisecond {
		return 0
	}
	return r.totalBits * 1000 / r.totalTime.Milliseconds()
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
