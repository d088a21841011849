package hls

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// format is a track of an initialization section.
type format struct {
	id    int
	scale media.Timescale
	codec media.Codec
	sets  bitstream.ParamSets // of video
	track media.Track         // of sound that doesn't describe itself
}

// unit is a sample of a fragment, at 90 kHz, or what comes before the next ones.
type unit struct {
	formats []format // not nil: these hold from here on
	format  format
	dts     media.Ticks
	offset  media.Ticks
	length  media.Ticks
	payload []byte
}

// parseInit reads an initialization section. It names the codecs that can't be taken, as far
// as the library knows them.
func parseInit(header []byte) (formats []format, leftOut []string, err error) {
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(header)); err != nil {
		return nil, nil, fmt.Errorf("%w: the initialization section: %w", ingest.ErrUnsupported, err)
	}
	var taken [2]bool
	for _, t := range init.Tracks {
		f := format{id: t.ID, scale: media.Timescale(t.TimeScale)}
		if err := f.describe(t.Codec); err != nil {
			return nil, nil, err
		}
		switch kind := f.codec.Kind(); {
		case f.codec == 0:
			leftOut = append(leftOut, fmt.Sprintf("%T", t.Codec)[len("*codecs."):])
		case !taken[kind]:
			taken[kind] = true
			formats = append(formats, f)
		}
	}
	return formats, leftOut, nil
}

// describe takes over a codec; it leaves 0 if that can't be taken.
func (f *format) describe(codec codecs.Codec) (err error) {
	list := func(set []byte) [][]byte {
		if len(set) == 0 {
			return nil
		}
		return [][]byte{set}
	}
	switch c := codec.(type) {
	case *codecs.H264:
		f.codec, f.sets = media.H264, bitstream.ParamSets{SPS: list(c.SPS), PPS: list(c.PPS)}
	case *codecs.H265:
		f.codec, f.sets = media.HEVC, bitstream.ParamSets{VPS: list(c.VPS), SPS: list(c.SPS), PPS: list(c.PPS)}
	case *codecs.AV1:
		f.codec = media.AV1 // each key frame repeats the sequence header
	case *codecs.MPEG4Audio:
		config, e := c.Config.Marshal()
		if err = e; err == nil {
			f.codec = media.AAC
			f.track, err = bitstream.AACTrack(config)
		}
	case *codecs.Opus:
		f.codec = media.Opus
		f.track, err = bitstream.OpusTrack(c.ChannelCount)
	case *codecs.AC3:
		f.codec = media.AC3
	case *codecs.EAC3:
		f.codec = media.EAC3
	case *codecs.MPEG1Audio:
		f.codec = media.MP3
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	return nil
}

// parseFragments reads the samples of a segment, those of each track in decode order.
func parseFragments(data []byte, formats []format) (units []unit, err error) {
	if most := maxSamples; !countSamples(data, &most) {
		return nil, fmt.Errorf("%w: a segment: its boxes are damaged, or have more than %d samples", ingest.ErrMalformed, maxSamples)
	}
	var parts fmp4.Parts
	if err := parts.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("%w: a segment: %w", ingest.ErrMalformed, err)
	}
	for _, part := range parts {
		for _, t := range part.Tracks {
			for _, f := range formats {
				if f.id == t.ID {
					units = f.append(units, t)
				}
			}
		}
	}
	return units, nil
}

// maxSamples is how many samples a segment may have: minutes of sound.
const maxSamples = 50_000

// countSamples takes the samples that boxes announce from left, and reports whether there
// were enough. The library makes room for all of them before it looks whether they are there:
// a run of a few bytes may announce four billion samples without a size.
func countSamples(data []byte, left *int) bool {
	const header, countAt = 8, 12
	for len(data) > 0 {
		if len(data) < header {
			return false
		}
		size, name := uint64(binary.BigEndian.Uint32(data)), string(data[4:header])
		if name == "mdat" && size == 1 && len(data) >= 16 { // a size of 64 bits
			size = binary.BigEndian.Uint64(data[8:])
		}
		if name == "mdat" && size == 0 { // up to the end
			return true
		}
		if size < header || size > uint64(len(data)) {
			return false
		}
		box := data[:size]
		switch name {
		case "moof", "traf":
			if !countSamples(box[header:], left) {
				return false
			}
		case "trun":
			if len(box) < countAt+4 {
				return false
			}
			count := binary.BigEndian.Uint32(box[countAt:])
			if uint64(count) > uint64(*left) {
				return false
			}
			*left -= int(count)
		}
		data = data[size:]
	}
	return true
}

// append appends the samples of a track.
func (f format) append(units []unit, t *fmp4.PartTrack) []unit {
	at := media.Ticks(t.BaseTime & (1<<62 - 1))
	video := func(n media.Ticks) media.Ticks { return media.Rescale(n, f.scale, media.VideoTimescale) }
	for _, s := range t.Samples {
		end := at + media.Ticks(s.Duration)
		dts := video(at)
		units = append(units, unit{
			format: f, dts: dts, offset: video(at+media.Ticks(s.PTSOffset)) - dts, length: video(end) - dts, payload: s.Payload,
		})
		at = end
	}
	return units
}
