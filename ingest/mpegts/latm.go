package mpegts

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// latm unpacks AAC from LATM (ISO/IEC 14496-3 §1.7.3), whose elements carry the
// configuration now and then.
type latm struct {
	mux    *mpeg4audio.StreamMuxConfig
	config []byte // AudioSpecificConfig in use
}

// unpack returns the access units of an AudioMuxElement: of the first layer of the
// first program. What can't be read before the first configuration is left out.
func (l *latm) unpack(element []byte, session *ingest.Session) (frames [][]byte, err error) {
	e := mpeg4audio.AudioMuxElement{MuxConfigPresent: true, StreamMuxConfig: l.mux}
	if err := e.Unmarshal(element); err != nil || e.StreamMuxConfig == nil {
		return nil, nil
	}
	l.mux = e.StreamMuxConfig
	if !e.UseSameStreamMux {
		if err := l.configure(session); err != nil {
			return nil, err
		}
	}
	for _, subframe := range e.Payloads {
		if len(subframe) > 0 && len(subframe[0]) > 0 {
			frames = append(frames, subframe[0][0])
		}
	}
	return frames, nil
}

func (l *latm) configure(session *ingest.Session) error {
	if len(l.mux.Programs) == 0 || len(l.mux.Programs[0].Layers) == 0 || l.mux.Programs[0].Layers[0].AudioSpecificConfig == nil {
		return nil
	}
	config, err := l.mux.Programs[0].Layers[0].AudioSpecificConfig.Marshal()
	if err != nil || bytes.Equal(config, l.config) {
		return nil
	}
	track, err := bitstream.AACTrack(config)
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	l.config = config
	return session.SetAudio(track)
}
