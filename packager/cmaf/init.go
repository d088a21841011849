package cmaf

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/globalfandom/lightstick/media"
)

// TrackID is the only track's ID in everything this package writes.
const TrackID = 1

// fileType is the ftyp box of a CMAF header: cmfc for its structural rules, iso6
// for the movie fragments, mp41 for old parsers (ISO/IEC 23000-19 §7.2).
var fileType = box("ftyp", []byte("iso6\x00\x00\x00\x01cmfciso6mp41"))

// Init writes the initialization section of a track (EXT-X-MAP).
func Init(t media.Track) ([]byte, error) {
	codec, err := initCodec(t)
	if err != nil {
		return nil, err
	}
	var buf seekablebuffer.Buffer
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: TrackID, TimeScale: uint32(t.Timescale), Codec: codec}}}
	if err := init.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("cmaf: init of %s: %w", t.Codec, err)
	}
	return replaceFileType(buf.Bytes())
}

func initCodec(t media.Track) (codecs.Codec, error) {
	switch t.Codec {
	case media.H264:
		return &codecs.H264{SPS: t.SPS, PPS: t.PPS}, nil
	case media.HEVC:
		return &codecs.H265{VPS: t.VPS, SPS: t.SPS, PPS: t.PPS}, nil
	case media.AAC:
		var config mpeg4audio.AudioSpecificConfig
		if err := config.Unmarshal(t.AudioConfig); err != nil {
			return nil, fmt.Errorf("cmaf: AudioSpecificConfig: %w", err)
		}
		return &codecs.MPEG4Audio{Config: config}, nil
	case media.Opus:
		return &codecs.Opus{ChannelCount: t.Channels}, nil
	}
	return nil, fmt.Errorf("cmaf: no sample entry for codec %d", t.Codec)
}

// replaceFileType swaps the ftyp box that the library wrote for CMAF's.
func replaceFileType(b []byte) ([]byte, error) {
	if len(b) < 8 || !bytes.Equal(b[4:8], []byte("ftyp")) {
		return nil, fmt.Errorf("cmaf: init section begins without ftyp")
	}
	size := binary.BigEndian.Uint32(b)
	if uint64(size) > uint64(len(b)) {
		return nil, fmt.Errorf("cmaf: ftyp of %d bytes in an init section of %d", size, len(b))
	}
	return append(bytes.Clone(fileType), b[size:]...), nil
}

func box(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 8+len(body)), uint32(8+len(body)))
	b = append(b, kind...)
	return append(b, body...)
}
