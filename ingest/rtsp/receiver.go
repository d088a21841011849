package rtsp

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// peer is a gortsplib client or server session that packets come from.
type peer interface {
	OnPacketRTP(*description.Media, format.Format, func(*rtp.Packet))
	PacketPTS2(*description.Media, *rtp.Packet) (int64, bool)
}

// receiver feeds one session from the packets of its media, which come in
// several goroutines when the transport is UDP.
type receiver struct {
	mu      sync.Mutex
	session *ingest.Session
	fail    func(error) // ends the connection; once
	failed  bool
}

func newReceiver(session *ingest.Session, fail func(error)) *receiver {
	return &receiver{session: session, fail: fail}
}

// choose finds the formats that are taken: the first of each kind, sound that has to be
// converted only if there is no other. The error says what to use instead.
func choose(desc *description.Session) (video, audio selected, err error) {
	var refused string
	var converted selected
	for _, m := range desc.Medias {
		for _, f := range m.Formats {
			switch f.(type) {
			case *format.H264, *format.H265, *format.AV1:
				video.set(m, f)
			case *format.MPEG4Audio, *format.Opus, *format.AC3, *format.MPEG1Audio:
				audio.set(m, f)
			case *format.G711, *format.G722, *format.LPCM:
				converted.set(m, f)
			default:
				refused = f.Codec()
			}
		}
	}
	if audio.format == nil {
		audio = converted
	}
	if video.format == nil && audio.format == nil {
		return video, audio, fmt.Errorf("%w: codec %q; use H.264, HEVC or AV1 with AAC, Opus, AC-3 or MP3", ingest.ErrUnsupported, refused)
	}
	return video, audio, nil
}

// leftOut names the codecs of kinds of media of which none was chosen. Metadata of cameras
// is nobody's loss.
func leftOut(desc *description.Session, video, audio selected) (names []string) {
	for _, m := range desc.Medias {
		missing := m.Type == description.MediaTypeVideo && video.format == nil || m.Type == description.MediaTypeAudio && audio.format == nil
		for _, f := range m.Formats {
			if missing {
				names = append(names, f.Codec())
			}
		}
	}
	return names
}

type selected struct {
	media  *description.Media
	format format.Format
}

func (s *selected) set(m *description.Media, f format.Format) {
	if s.format == nil {
		s.media, s.format = m, f
	}
}

// subscribe sets up the decoding of what choose found.
func (r *receiver) subscribe(p peer, desc *description.Session) error {
	video, audio, err := choose(desc)
	if err != nil {
		return err
	}
	r.session.Expect(video.format != nil, audio.format != nil)
	for _, codec := range leftOut(desc, video, audio) {
		r.session.LeftOut(codec)
	}
	if video.format != nil {
		if err := r.video(p, video); err != nil {
			return err
		}
	}
	if audio.format != nil {
		return r.audio(p, audio)
	}
	return nil
}

// videoDecoder gathers packets to pictures; extract computes decode times. It
// needs the parameter sets, which may come in the SDP alone: they are put before
// the pictures until one of them can be timed.
type videoDecoder struct {
	decode  func(*rtp.Packet) ([][]byte, error)
	extract func(au [][]byte, pts int64) (int64, error)
	sets    [][]byte
	primed  bool
}

func (d *videoDecoder) time(au [][]byte, pts int64) (int64, error) {
	timed := au
	if !d.primed {
		timed = append(slices.Clone(d.sets), au...)
	}
	dts, err := d.extract(timed, pts)
	d.primed = d.primed || err == nil
	return dts, err
}

func nonEmpty(sets ...[]byte) (kept [][]byte) {
	for _, s := range sets {
		if len(s) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

func (r *receiver) video(p peer, s selected) error {
	var d videoDecoder
	var err error
	switch f := s.format.(type) {
	case *format.AV1:
		return r.av1(p, s.media, f)
	case *format.H264:
		err = r.setVideo(media.H264, bitstream.ParamSets{SPS: f.SPS, PPS: f.PPS})
		decoder, e := f.CreateDecoder()
		extractor := &h264.DTSExtractor{}
		extractor.Initialize()
		err = errors.Join(err, e)
		d = videoDecoder{decode: decoder.Decode, extract: extractor.Extract, sets: nonEmpty(f.SPS, f.PPS)}
	case *format.H265:
		err = r.setVideo(media.HEVC, bitstream.ParamSets{VPS: f.VPS, SPS: f.SPS, PPS: f.PPS})
		decoder, e := f.CreateDecoder()
		extractor := &h265.DTSExtractor{}
		extractor.Initialize()
		err = errors.Join(err, e)
		d = videoDecoder{decode: decoder.Decode, extract: extractor.Extract, sets: nonEmpty(f.VPS, f.SPS, f.PPS)}
	}
	if err != nil {
		return err
	}
	p.OnPacketRTP(s.media, s.format, func(pkt *rtp.Packet) {
		pts, ok := p.PacketPTS2(s.media, pkt)
		if !ok {
			return
		}
		// A decoder error is a lost packet or one of several: the next picture is whole.
		if au, err := d.decode(pkt); err == nil {
			r.picture(&d, pts, au)
		}
	})
	return nil
}

// setVideo announces parameter sets from the SDP, which may be missing or wrong:
// the stream repeats them.
func (r *receiver) setVideo(codec media.Codec, p bitstream.ParamSets) error {
	if _, err := bitstream.VideoTrack(codec, p); err != nil {
		p = bitstream.ParamSets{}
	}
	return r.session.SetVideo(codec, p)
}

func (r *receiver) picture(d *videoDecoder, pts int64, au [][]byte) {
	dts, err := d.time(au, pts)
	if err != nil {
		return // before the first keyframe
	}
	r.feed(media.Video, func() error { return r.session.VideoNALUnits(dts, pts-dts, au, time.Now()) })
}

// av1 takes temporal units, which are decoded in the order in which they are shown.
func (r *receiver) av1(p peer, m *description.Media, f *format.AV1) error {
	if err := r.session.SetVideo(media.AV1, bitstream.ParamSets{}); err != nil {
		return err
	}
	decoder, err := f.CreateDecoder()
	if err != nil {
		return err
	}
	p.OnPacketRTP(m, f, func(pkt *rtp.Packet) {
		pts, ok := p.PacketPTS2(m, pkt)
		if !ok {
			return
		}
		if obus, err := decoder.Decode(pkt); err == nil {
			r.feed(media.Video, func() error { return r.session.VideoOBUs(pts, obus, time.Now()) })
		}
	})
	return nil
}

// feed gives the session one unit of a kind at a time, and ends the connection when it
// takes no more. A track that can't be packaged is left out.
func (r *receiver) feed(k media.Kind, give func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed {
		return
	}
	err := give()
	if errors.Is(err, ingest.ErrUnsupported) {
		err = r.session.Refuse(k, err, time.Now())
	}
	if err != nil {
		r.failed = true
		r.fail(err)
	}
}

// close ends the session, after the last packet.
func (r *receiver) close(reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.session.Close(reason)
}
