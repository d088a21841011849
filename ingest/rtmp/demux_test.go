package rtmp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// nalUnit is a NAL unit of annexB's keyframe: 1 is the SPS, 2 the PPS, 3 a slice.
func nalUnit(i int) []byte { return bytes.Split(annexB(true), []byte{0, 0, 0, 1})[i] }

// Units of HEVC: parameter sets of 1920x1080, and slices.
var (
	hevcVPS   = []byte{0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0x99, 0x98, 0x09}
	hevcSPS   = []byte{0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x78, 0xa0, 0x03, 0xc0, 0x80, 0x10, 0xe5, 0x96, 0x66, 0x69, 0x24, 0xca, 0xe0, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0xe0, 0x80}
	hevcPPS   = []byte{0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40}
	hevcKey   = []byte{0x26, 0x01, 0xaf, 0x11, 0x22}
	hevcInter = []byte{0x02, 0x01, 0xd0, 0x11, 0x22}
)

func withStartCodes(nalus ...[]byte) (b []byte) {
	for _, n := range nalus {
		b = append(append(b, 0, 0, 0, 1), n...)
	}
	return b
}

// video is an FLV tag of H.264, or with hevc of HEVC by number 12; packet 0 is a sequence
// header.
func videoTagBytes(codec, packet byte, body []byte) []byte {
	return append([]byte{0x10 | codec, packet, 0, 0, 0}, body...)
}

// feed gives a publication one message each 40 ms.
type feed struct {
	t  *testing.T
	d  *demuxer
	at uint32
}

func (f *feed) give(kind messageType, bodies ...[]byte) {
	f.t.Helper()
	for _, body := range bodies {
		if err := f.d.handle(rtmpMessage{kind: kind, timestamp: f.at, body: body}); err != nil {
			f.t.Fatal(err)
		}
		f.at += 40
	}
}

// standing are the codes of the advice that stands in the end, sorted.
func standing(p *ingesttest.Publication) (codes []string) {
	for _, a := range p.Advice {
		codes = slices.DeleteFunc(codes, func(c string) bool { return c == a.Code })
		if a.Text != "" {
			codes = append(codes, a.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

func raised(p *ingesttest.Publication, code string) (text string, times int) {
	for _, a := range p.Advice {
		if a.Code == code && a.Text != "" {
			text = a.Text
			times++
		}
	}
	return text, times
}

// Pictures arrive as they come from encoders that do not keep to FLV's sequence headers
// and lengths.
func TestPictureConfigurations(t *testing.T) {
	sps, pps, slice, inter := nalUnit(1), nalUnit(2), nalUnit(3), []byte{0x41, 0x9a, 0x22, 0x11}
	header := videoTagBytes(flvAVC, 0, avcConfig())
	frame := func(nalus ...[]byte) []byte { return videoTagBytes(flvAVC, 1, lengthPrefixed(nalus...)) }
	start := func(nalus ...[]byte) []byte { return videoTagBytes(flvAVC, 1, withStartCodes(nalus...)) }
	hevc := func(packet byte, body []byte) []byte { return videoTagBytes(flvHEVC, packet, body) }
	brokenHeader := videoTagBytes(flvAVC, 0, []byte{1, 2, 3, 4, 0xff, 0xe1, 0, 50})
	otherSPS := slices.Clone(sps)
	otherSPS[3]++ // the level
	many := func(b []byte) [][]byte { return slices.Repeat([][]byte{b}, 40) }
	tests := []struct {
		name     string
		tags     [][]byte
		pictures int
		tracks   int // that are announced
		codec    media.Codec
		repairs  map[string]int
		advice   []string
	}{
		{"as it should be", [][]byte{header, frame(slice), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"parameter sets inside, no header", [][]byte{frame(sps, pps, slice), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"parameter sets in messages of their own, no header", [][]byte{frame(sps), frame(pps), frame(slice), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"no parameter sets at all", many(frame(inter)), 0, 0, 0, nil, []string{adviceNoPictureConfig}},
		{"header comes late", append(many(frame(inter)), header, frame(slice)), 1, 1, media.H264, nil, nil},
		{"parameter sets come late", append(many(frame(inter)), frame(sps, pps, slice)), 1, 1, media.H264, nil, nil},
		{"start codes, no header", [][]byte{start(sps, pps, slice), start(inter)}, 2, 1, media.H264,
			map[string]int{ingest.RepairFraming: 1}, []string{adviceAnnexB}},
		{"start codes behind a header", [][]byte{header, start(slice), start(inter), frame(inter)}, 3, 1, media.H264,
			map[string]int{ingest.RepairFraming: 1}, []string{adviceAnnexB}},
		{"header in start codes", [][]byte{videoTagBytes(flvAVC, 0, withStartCodes(sps, pps)), frame(slice), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"header in start codes without PPS", [][]byte{videoTagBytes(flvAVC, 0, withStartCodes(sps)), frame(sps, pps, slice)}, 1, 1, media.H264, nil, nil},
		{"broken header, parameter sets inside", [][]byte{brokenHeader, frame(sps, pps, slice), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"broken header", append([][]byte{brokenHeader}, many(frame(inter))...), 0, 0, 0, nil, []string{adviceNoPictureConfig}},
		{"broken header while another is in use", [][]byte{header, frame(slice), brokenHeader, frame(inter)}, 2, 1, media.H264,
			map[string]int{ingest.RepairParameters: 1}, nil},
		{"header repeated", [][]byte{header, frame(slice), header, frame(slice), header, frame(slice)}, 3, 1, media.H264, nil, nil},
		{"header changes", [][]byte{header, frame(slice), videoTagBytes(flvAVC, 0, withStartCodes(otherSPS, pps)), frame(slice)}, 2, 2, media.H264, nil, nil},
		{"empty header", [][]byte{videoTagBytes(flvAVC, 0, nil), header, frame(slice)}, 1, 1, media.H264, nil, nil},
		{"tags cut short", [][]byte{header, frame(slice), {0x17, 1}, {0x17, 2}, frame(inter)}, 2, 1, media.H264,
			map[string]int{ingest.RepairBadUnit: 2}, nil},
		{"end of sequence, and empty messages", [][]byte{header, frame(slice), videoTagBytes(flvAVC, 2, nil), nil, videoTagBytes(flvAVC, 1, nil), frame(inter)}, 2, 1, media.H264, nil, nil},
		{"rubbish without header", many(videoTagBytes(flvAVC, 1, []byte{0xff, 0xff, 0xff})), 0, 0, 0, map[string]int{ingest.RepairBadUnit: 40}, []string{adviceNoPictureConfig}},
		{"header that is far too long", append([][]byte{videoTagBytes(flvAVC, 0, append(avcConfig(), make([]byte, maxSequenceHeader)...))}, many(frame(inter))...),
			0, 0, 0, nil, []string{adviceNoPictureConfig}},
		{"HEVC, parameter sets inside, no header", [][]byte{
			hevc(1, lengthPrefixed(hevcVPS, hevcSPS, hevcPPS, hevcKey)), hevc(1, lengthPrefixed(hevcInter)),
		}, 2, 1, media.HEVC, nil, nil},
		{"HEVC in start codes", [][]byte{
			hevc(1, withStartCodes(hevcVPS, hevcSPS, hevcPPS, hevcKey)), hevc(1, withStartCodes(hevcInter)),
		}, 2, 1, media.HEVC, map[string]int{ingest.RepairFraming: 1}, []string{adviceAnnexB}},
		{"Enhanced HEVC in start codes, with a header of them", [][]byte{
			exVideo(keyFrame, enhancedSequenceStart, "hvc1", withStartCodes(hevcVPS, hevcSPS, hevcPPS)),
			exVideo(keyFrame, enhancedFramesX, "hvc1", withStartCodes(hevcKey)), exVideo(interFrame, enhancedFramesX, "hvc1", withStartCodes(hevcInter)),
		}, 2, 1, media.HEVC, map[string]int{ingest.RepairFraming: 1}, []string{adviceAnnexB}},
		{"HEVC without header", many(hevc(1, lengthPrefixed(hevcInter))), 0, 0, 0, nil, []string{adviceNoPictureConfig}},
		{"AV1 without header", many(exVideo(interFrame, enhancedFrames, "av01", []byte{0x12, 0})), 0, 0, 0, nil, []string{adviceNoPictureConfig}},
		{"another codec's tag in between", [][]byte{header, frame(slice), hevc(1, lengthPrefixed(hevcInter)), frame(inter)}, 2, 1, media.H264, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			(&feed{t: t, d: d}).give(typeVideo, tt.tags...)
			d.session.Close(nil) // the first picture waits for more of it
			if got := len(p.Samples[media.Video]); got != tt.pictures || len(p.Tracks) != tt.tracks {
				t.Errorf("%d pictures, %d tracks; want %d and %d", got, len(p.Tracks), tt.pictures, tt.tracks)
			}
			if tt.tracks > 0 && len(p.Tracks) > 0 && (p.Tracks[0].Codec != tt.codec || p.Tracks[0].Width < 640) {
				t.Errorf("%+v", p.Tracks[0])
			}
			for _, s := range p.Samples[media.Video] {
				if size := int(binary.BigEndian.Uint32(s.Payload)); size != len(s.Payload)-4 {
					t.Errorf("a sample of %d bytes with a NAL unit of %d", len(s.Payload), size)
				}
			}
			if len(p.Repairs) != len(tt.repairs) {
				t.Errorf("repairs %v", p.Repairs)
			}
			for reason, n := range tt.repairs {
				if p.Repairs[reason] != n {
					t.Errorf("repairs %v", p.Repairs)
				}
			}
			if got := standing(p); !slices.Equal(got, tt.advice) {
				t.Errorf("advice %v", p.Advice)
			}
		})
	}
}

// The creator is told of a missing sequence header once, with the reason, and within the
// first seconds also of a source whose clock stands or that has few pictures.
func TestAdviceOnMissingConfiguration(t *testing.T) {
	inter := videoTagBytes(flvAVC, 1, lengthPrefixed([]byte{0x41, 0x9a, 0x22, 0x11}))
	raw := []byte{0xaf, 1, 0x21, 0x10, 0x04}
	tests := []struct {
		name  string
		kind  messageType
		tag   []byte
		step  uint32
		count int
		code  string // none is raised if empty
	}{
		{"pictures", typeVideo, inter, 40, 30, adviceNoPictureConfig},
		{"few pictures", typeVideo, inter, 2000, 2, adviceNoPictureConfig},
		{"pictures of a standing clock", typeVideo, inter, 0, configMessages, adviceNoPictureConfig},
		{"a moment", typeVideo, inter, 40, 10, ""},
		{"sound", typeAudio, raw, 21, 60, adviceNoSoundConfig},
		{"a moment of sound", typeAudio, raw, 21, 10, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			for i := range tt.count {
				if err := d.handle(rtmpMessage{kind: tt.kind, timestamp: uint32(i) * tt.step, body: tt.tag}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.code == "" {
				if len(p.Advice) > 0 {
					t.Error(p.Advice)
				}
				return
			}
			if text, times := raised(p, tt.code); times != 1 || !strings.Contains(text, "sequence header") {
				t.Errorf("%d times: %s", times, text)
			}
		})
	}
	d, p := publication(t)
	broken := videoTagBytes(flvAVC, 0, []byte{1, 2, 3, 4, 0xff, 0xe1, 0, 50})
	(&feed{t: t, d: d}).give(typeVideo, append([][]byte{broken}, slices.Repeat([][]byte{inter}, 40)...)...)
	if text, _ := raised(p, adviceNoPictureConfig); !strings.Contains(text, "can't be used (codec parameters: AVC") {
		t.Error(text)
	}
}

// adts is a frame of AAC-LC with an ADTS header: 48 kHz, or 44.1 kHz.
func adts(rate byte, payload []byte) []byte {
	n := 7 + len(payload)
	return append([]byte{0xff, 0xf1, 0x40 | rate<<2, 0x80 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1f, 0xfc}, payload...)
}

func TestSoundConfigurations(t *testing.T) {
	const at48k, at44k = 3, 4
	config, other := []byte{0xaf, 0, 0x11, 0x90}, []byte{0xaf, 0, 0x12, 0x10}
	payload := []byte{0x21, 0x10, 0x04, 0x60}
	raw := append([]byte{0xaf, 1}, payload...)
	framed := func(rate byte) []byte { return append([]byte{0xaf, 1}, adts(rate, payload)...) }
	tests := []struct {
		name    string
		tags    [][]byte
		frames  int
		rates   []media.Timescale // of the tracks that are announced
		advice  []string
		repairs map[string]int
	}{
		{"as it should be", [][]byte{config, raw, raw}, 2, []media.Timescale{48000}, nil, nil},
		{"config repeated", [][]byte{config, raw, config, raw}, 2, []media.Timescale{48000, 48000}, nil, nil},
		{"config changes", [][]byte{config, raw, other, raw}, 2, []media.Timescale{48000, 44100}, nil, nil},
		{"ADTS, no config", [][]byte{framed(at48k), framed(at48k)}, 2, []media.Timescale{48000}, []string{adviceADTS}, map[string]int{ingest.RepairFraming: 1}},
		{"ADTS behind a config", [][]byte{config, framed(at48k)}, 1, []media.Timescale{48000}, []string{adviceADTS}, map[string]int{ingest.RepairFraming: 1}},
		{"ADTS changes", [][]byte{framed(at48k), framed(at44k), framed(at44k)}, 3, []media.Timescale{48000, 44100}, []string{adviceADTS}, map[string]int{ingest.RepairFraming: 1}},
		{"ADTS cut short", [][]byte{framed(at48k), framed(at48k)[:12], framed(at48k)}, 2, []media.Timescale{48000}, []string{adviceADTS},
			map[string]int{ingest.RepairFraming: 1, ingest.RepairBadUnit: 1}},
		{"no config", slices.Repeat([][]byte{raw}, 60), 0, nil, []string{adviceNoSoundConfig}, nil},
		{"config comes late", append(slices.Repeat([][]byte{raw}, 60), config, raw), 1, []media.Timescale{48000}, nil, nil},
		{"Opus without config", [][]byte{[]byte("\x91Opus\xfc\x01"), []byte("\x91Opus\xfc\x01")}, 2, []media.Timescale{48000}, nil, nil},
		{"empty and cut short", [][]byte{config, raw, {0xaf, 1}, {0xaf}, nil, raw}, 2, []media.Timescale{48000}, nil, map[string]int{ingest.RepairBadUnit: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			for i, tag := range tt.tags {
				if err := d.handle(rtmpMessage{kind: typeAudio, timestamp: uint32(i) * 21, body: tag}); err != nil {
					t.Fatal(err)
				}
			}
			var rates []media.Timescale
			for _, track := range p.Tracks {
				rates = append(rates, track.Timescale)
			}
			frames := p.Samples[media.Audio]
			if len(frames) != tt.frames || !slices.Equal(rates, tt.rates) || !slices.Equal(standing(p), tt.advice) {
				t.Errorf("%d frames, rates %v, advice %v", len(frames), rates, p.Advice)
			}
			for _, s := range frames {
				if len(s.Payload) != 2 && !bytes.Equal(s.Payload, payload) {
					t.Errorf("%x", s.Payload)
				}
			}
			for reason, n := range p.Repairs {
				if reason != ingest.RepairAudioGap && reason != ingest.RepairOverlap && tt.repairs[reason] != n {
					t.Errorf("repairs %v", p.Repairs)
				}
			}
		})
	}
}
