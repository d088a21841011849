package cmaf

import (
	"fmt"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// audioEntry writes an AudioSampleEntry (ISO/IEC 14496-12 §12.2.3).
func audioEntry(t media.Track) ([]byte, error) {
	kind, config, err := audioConfig(t)
	if err != nil {
		return nil, err
	}
	rate := uint32(t.Timescale)
	if rate > 0xffff {
		rate = 0 // doesn't fit: the configuration says
	}
	const bits = 16
	return box(kind,
		zeros(6), u16(1), zeros(8), // data reference 1
		u16(uint16(t.Channels), bits, 0, 0), u32(rate<<16), config), nil
}

func audioConfig(t media.Track) (kind string, config []byte, err error) {
	switch t.Codec {
	case media.AAC:
		const mpeg4Audio = 0x40
		if _, err := bitstream.ParseAACConfig(t.AudioConfig); err != nil {
			return "", nil, err
		}
		return "mp4a", esds(mpeg4Audio, t.AudioConfig), nil
	case media.MP3:
		return "mp4a", esds(mp3ObjectType(t), nil), nil
	case media.AC3:
		return "ac-3", box("dac3", t.AudioConfig), sized(t, 3)
	case media.EAC3:
		return "ec-3", box("dec3", t.AudioConfig), sized(t, 5)
	case media.Opus:
		if t.AudioConfig == nil {
			if t, err = bitstream.OpusTrack(t.Channels); err != nil {
				return "", nil, err
			}
		}
		return "Opus", box("dOps", t.AudioConfig), sized(t, 11)
	}
	return "", nil, fmt.Errorf("no sample entry for codec %d", t.Codec)
}

// sized checks that a configuration has the least size of its box.
func sized(t media.Track, least int) error {
	if len(t.AudioConfig) < least {
		return fmt.Errorf("a configuration of %d bytes", len(t.AudioConfig))
	}
	return nil
}

// mp3ObjectType tells MPEG-1 from MPEG-2 audio, which has the lower sample rates
// (ISO/IEC 14496-1 Table 5).
func mp3ObjectType(t media.Track) byte {
	const mpeg1, mpeg2 = 0x6b, 0x69
	if t.Timescale < 32_000 {
		return mpeg2
	}
	return mpeg1
}

// esds is the ESDBox (ISO/IEC 14496-14 §6.7.2). Bit rates are left unknown: live
// encoders change theirs.
func esds(objectType byte, specific []byte) []byte {
	const (
		tagES, tagDecoderConfig, tagDecoderSpecific, tagSLConfig = 3, 4, 5, 6

		audioStream = 5<<2 | 1
		slForMP4    = 2
	)
	decoder := append([]byte{objectType, audioStream}, zeros(3+4+4)...)
	if specific != nil {
		decoder = append(decoder, descriptor(tagDecoderSpecific, specific)...)
	}
	es := append(u16(0), 0) // ID 0, no flags
	es = append(es, descriptor(tagDecoderConfig, decoder)...)
	es = append(es, descriptor(tagSLConfig, []byte{slForMP4})...)
	return fullBox("esds", 0, 0, descriptor(tagES, es))
}

// descriptor writes tag and size in four bytes of seven bits (ISO/IEC 14496-1 §8.3.3).
func descriptor(tag byte, body []byte) []byte {
	n := len(body)
	return append([]byte{tag, 0x80 | byte(n>>21), 0x80 | byte(n>>14), 0x80 | byte(n>>7), byte(n) & 0x7f}, body...)
}
