package cmaf

import (
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// firstTrackID is the ID of the first track in everything this package writes; the
// others follow.
const firstTrackID = 1

// fileType is the ftyp box of a CMAF header: cmfc for its structural rules, iso6
// for the movie fragments, mp41 for old parsers (ISO/IEC 23000-19 §7.2).
var fileType = box("ftyp", []byte("iso6\x00\x00\x00\x01cmfciso6mp41"))

// unity is the matrix that leaves a picture as it is (ISO/IEC 14496-12 §6.2.2).
var unity = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

// Init writes the initialization section of a track, or of several that travel
// together (EXT-X-MAP). CMAF knows only the former; HLS allows both (RFC 8216bis §3.1.2).
func Init(tracks ...media.Track) ([]byte, error) {
	var traks, trexs []byte
	for i, t := range tracks {
		entry, err := sampleEntry(t)
		if err != nil {
			return nil, fmt.Errorf("cmaf: init of %s: %w", t.Codec, err)
		}
		id := uint32(firstTrackID + i)
		traks = append(traks, box("trak", tkhd(t, id), mdia(t, entry))...)
		trexs = append(trexs, fullBox("trex", 0, 0, u32(id, 1, 0, 0, 0))...)
	}
	moov := box("moov", mvhd(len(tracks)), traks, box("mvex", trexs))
	return append(append(make([]byte, 0, len(fileType)+len(moov)), fileType...), moov...), nil
}

func sampleEntry(t media.Track) ([]byte, error) {
	switch t.Codec {
	case media.H264, media.HEVC, media.AV1:
		return visualEntry(t)
	case media.AAC, media.MP3, media.Opus, media.AC3, media.EAC3:
		return audioEntry(t)
	}
	return nil, fmt.Errorf("no sample entry for codec %d", t.Codec)
}

// Boxes that are the same for every track: durations are unknown, samples are in
// fragments.
var (
	dinf = box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1)))
	stts = fullBox("stts", 0, 0, u32(0))
	stsc = fullBox("stsc", 0, 0, u32(0))
	stsz = fullBox("stsz", 0, 0, u32(0, 0))
	stco = fullBox("stco", 0, 0, u32(0))
)

func mvhd(tracks int) []byte {
	return fullBox("mvhd", 0, 0,
		u32(0, 0, 1000, 0), // creation, modification, timescale, duration
		u32(0x10000), u16(0x0100), zeros(10),
		unity, zeros(24), u32(uint32(firstTrackID+tracks)))
}

// tkhd gives the size at which the picture is shown, in 16.16 fixed point.
func tkhd(t media.Track, id uint32) []byte {
	const enabledInMovie = 3
	volume, width, height := uint16(0x0100), uint32(0), uint32(0)
	if t.Kind() == media.Video {
		volume, width, height = 0, uint32(t.Width)<<16, uint32(t.Height)<<16
		if a := t.PixelAspect; !a.Square() {
			width = uint32(min(uint64(width)*uint64(a.Width)/uint64(a.Height), 1<<32-1))
		}
	}
	return fullBox("tkhd", 0, enabledInMovie,
		u32(0, 0, id, 0, 0), // creation, modification, track, reserved, duration
		zeros(8), u16(0, 0, volume, 0), unity, u32(width, height))
}

func mdia(t media.Track, entry []byte) []byte {
	const undetermined = 0x55c4 // language "und", packed
	handler, name := "soun", "SoundHandler\x00"
	header := fullBox("smhd", 0, 0, zeros(4))
	if t.Kind() == media.Video {
		handler, name = "vide", "VideoHandler\x00"
		header = fullBox("vmhd", 0, 1, zeros(8))
	}
	stbl := box("stbl", fullBox("stsd", 0, 0, u32(1), entry), stts, stsc, stsz, stco)
	return box("mdia",
		fullBox("mdhd", 0, 0, u32(0, 0, uint32(t.Timescale), 0), u16(undetermined, 0)),
		fullBox("hdlr", 0, 0, u32(0), []byte(handler), zeros(12), []byte(name)),
		box("minf", header, dinf, stbl))
}
