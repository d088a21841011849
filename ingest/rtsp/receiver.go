package rtsp

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/rtpvideo"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// peer is a gortsplib client or server session that packets come from.
type peer interface {
	OnPacketRTP(*description.Media, format.Format, func(*rtp.Packet))
}

// receiver feeds one session from the packets of its media, which come in
// several goroutines when the transport is UDP.
type receiver struct {
	mu      sync.Mutex
	session *ingest.Session
	clock   clock
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
	r.session.LeftOut(leftOut(desc, video, audio)...)
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

func (r *receiver) video(p peer, s selected) error {
	d := &rtpvideo.Depacketizer{}
	var err error
	switch f := s.format.(type) {
	case *format.AV1:
		return r.av1(p, s.media, f)
	case *format.H264:
		if f.PacketizationMode > 1 {
			return fmt.Errorf("%w: H.264 with packetization-mode %d; use 1", ingest.ErrUnsupported, f.PacketizationMode)
		}
		d.Codec, err = media.H264, r.setVideo(media.H264, bitstream.ParamSets{SPS: nonEmpty(f.SPS), PPS: nonEmpty(f.PPS)})
	case *format.H265:
		if f.MaxDONDiff != 0 {
			return fmt.Errorf("%w: HEVC with sprop-max-don-diff %d; use 0", ingest.ErrUnsupported, f.MaxDONDiff)
		}
		d.Codec, err = media.HEVC, r.setVideo(media.HEVC, bitstream.ParamSets{VPS: nonEmpty(f.VPS), SPS: nonEmpty(f.SPS), PPS: nonEmpty(f.PPS)})
	}
	if err != nil {
		return err
	}
	track := &rtpTrack{rate: media.Timescale(s.format.ClockRate())}
	p.OnPacketRTP(s.media, s.format, func(pkt *rtp.Packet) {
		now := time.Now()
		for _, picture := range d.Add(pkt, r.clock.at(track, pkt.Timestamp, now)) {
			r.feed(media.Video, func() error { return r.session.VideoPresented(picture.PTS, picture.Body, now) })
		}
	})
	return nil
}

func nonEmpty(set []byte) [][]byte {
	if len(set) == 0 {
		return nil
	}
	return [][]byte{set}
}

// setVideo announces parameter sets from the SDP, which may be missing or wrong:
// the stream repeats them.
func (r *receiver) setVideo(codec media.Codec, p bitstream.ParamSets) error {
	if _, err := bitstream.VideoTrack(codec, p); err != nil {
		p = bitstream.ParamSets{}
	}
	return r.session.SetVideo(codec, p)
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
	track := &rtpTrack{rate: media.Timescale(f.ClockRate())}
	p.OnPacketRTP(m, f, func(pkt *rtp.Packet) {
		now := time.Now()
		pts := r.clock.at(track, pkt.Timestamp, now)
		if obus, err := decoder.Decode(pkt); err == nil {
			r.feed(media.Video, func() error { return r.session.VideoOBUs(pts, obus, now) })
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
