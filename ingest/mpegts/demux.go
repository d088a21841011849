package mpegts

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Scale and WrapBits describe raw MPEG-TS timestamps: 90 kHz in 33 bits.
const (
	Scale    = media.VideoTimescale
	WrapBits = 33
)

// maxProbe bounds what is read, and kept, until the program's tracks are known.
const maxProbe = 4 << 20

// ErrNoProgram reports data that isn't a transport stream with a program.
var ErrNoProgram = errors.New("no MPEG-TS program")

// errEnd stands for io.EOF, at which the library would pass on what it has of each PES
// packet. Those of pictures have no length (ISO/IEC 13818-1 §2.4.3.7): whether the last one
// is whole can only be told when the next one begins. A publisher that is killed ends in the
// middle of a picture, and decoders show parts of an earlier one in it.
var errEnd = errors.New("the transport stream ended")

// probeReader fails once a stream has gone on too long without a program, and at the end
// with errEnd.
type probeReader struct {
	r     io.Reader
	left  int
	found bool
}

func (p *probeReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if errors.Is(err, io.EOF) {
		err = errEnd
	}
	if !p.found {
		if p.left -= n; p.left < 0 {
			return 0, fmt.Errorf("%w in the first %d bytes", ErrNoProgram, maxProbe)
		}
	}
	return n, err
}

// Demux reads a transport stream to its end and feeds the session, which must
// have been made with Scale and WrapBits. The end of input is no error; the last picture
// before it is left out. now gives the arrival time of what has just been read.
func Demux(r io.Reader, session *ingest.Session, now func() time.Time) error {
	tap := newTap(session)
	probe := &probeReader{r: tapReader{r, tap}, left: maxProbe}
	reader := &mpegts.Reader{R: probe}
	if err := reader.Initialize(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	probe.found = true
	d := demuxer{reader: reader, tap: tap, session: session, now: now}
	if err := d.subscribe(); err != nil {
		return err
	}
	for {
		if err := reader.Read(); err != nil {
			if errors.Is(err, errEnd) {
				return nil
			}
			return err
		}
	}
}

type demuxer struct {
	reader       *mpegts.Reader
	tap          *tap
	session      *ingest.Session
	now          func() time.Time
	video, audio bool
	latm         latm
}

// subscribe takes the first video and the first audio track of the program.
func (d *demuxer) subscribe() error {
	var refused error
	for _, t := range d.reader.Tracks() {
		if err := d.track(t); err != nil {
			refused = err
		}
	}
	switch {
	case refused != nil:
		return refused
	case !d.video && !d.audio:
		return fmt.Errorf("%w: the program has neither video nor audio; send H.264 or HEVC with AAC, Opus, AC-3, E-AC-3 or MP3", ingest.ErrUnsupported)
	}
	d.session.Expect(d.video, d.audio)
	return nil
}

func (d *demuxer) track(t *mpegts.Track) error {
	switch codec := t.Codec.(type) {
	case *codecs.H264:
		if !d.take(&d.video) {
			return nil
		}
		d.reader.OnDataH264(t, d.onVideo)
		return d.session.SetVideo(media.H264, bitstream.ParamSets{})
	case *codecs.H265:
		if !d.take(&d.video) {
			return nil
		}
		d.reader.OnDataH265(t, d.onVideo)
		return d.session.SetVideo(media.HEVC, bitstream.ParamSets{})
	case *codecs.MPEG4Audio:
		if !d.take(&d.audio) {
			return nil
		}
		d.reader.OnDataMPEG4Audio(t, d.onAudio)
		config, err := codec.Config.Marshal()
		if err != nil {
			return fmt.Errorf("%w: AAC: %w", ingest.ErrUnsupported, err)
		}
		return d.setAudio(bitstream.AACTrack(config))
	case *codecs.Opus:
		if !d.take(&d.audio) {
			return nil
		}
		d.reader.OnDataOpus(t, d.onAudio)
		return d.setAudio(bitstream.OpusTrack(opusChannels(codec.Desc)))
	case *codecs.MPEG4AudioLATM:
		if d.take(&d.audio) {
			d.reader.OnDataMPEG4AudioLATM(t, d.onLATM)
		}
		return nil
	case *codecs.AC3:
		d.stream(t, media.AC3)
		return nil
	case *codecs.EAC3:
		d.stream(t, media.EAC3)
		return nil
	case *codecs.MPEG1Audio:
		d.stream(t, media.MP3)
		return nil
	case *codecs.Unsupported:
		if codec, ok := d.tap.audio[t.PID]; ok {
			d.stream(t, codec)
		}
		return nil
	}
	return unsupported(t.Codec)
}

// stream subscribes to audio whose frames describe themselves. The library's own
// callbacks want exactly one AC-3 frame in a PES packet, where most multiplexers put
// several, and know only MPEG-1's frame sizes; the one for subtitles gives out PES
// packets as they are.
func (d *demuxer) stream(t *mpegts.Track, codec media.Codec) {
	if !d.take(&d.audio) {
		return
	}
	d.reader.OnDataDVBSubtitle(t, func(pts int64, data []byte) error {
		return d.session.AudioStream(codec, pts, data, d.now())
	})
}

// opusChannels reads channel_config_code (ETSI TS "Opus", table 4-2): the number of
// channels itself, 0 for dual mono, 0x81 when it is spelt out.
func opusChannels(d *substructs.OpusAudioDescriptor) int {
	switch {
	case d == nil || d.ChannelConfigCode == 0:
		return 2
	case d.ChannelConfigCode == 0x81:
		return d.ExplicitChannelCount
	}
	return int(d.ChannelConfigCode)
}

// unsupported names what can't be packaged. Data tracks, subtitles among them,
// are left out without a word.
func unsupported(c codecs.Codec) error {
	name := ""
	switch c.(type) {
	case *codecs.MPEG1Video:
		name = "MPEG-1/2 video"
	case *codecs.MPEG4Video:
		name = "MPEG-4 Part 2 video"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s; set the encoder to H.264 (or HEVC)", ingest.ErrUnsupported, name)
}

func (d *demuxer) take(have *bool) bool {
	first := !*have
	*have = true
	return first
}

func (d *demuxer) setAudio(t media.Track, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	return d.session.SetAudio(t)
}

func (d *demuxer) onVideo(pts, dts int64, au [][]byte) error {
	// The difference may span the 33-bit wrap.
	offset := (pts - dts) << (64 - WrapBits) >> (64 - WrapBits)
	return d.session.VideoNALUnits(dts, offset, au, d.now())
}

func (d *demuxer) onLATM(pts int64, elements [][]byte) error {
	var frames [][]byte
	for _, element := range elements {
		unpacked, err := d.latm.unpack(element, d.session)
		if err != nil {
			return err
		}
		frames = append(frames, unpacked...)
	}
	return d.session.AudioFrames(pts, frames, d.now())
}

func (d *demuxer) onAudio(pts int64, frames [][]byte) error {
	return d.session.AudioFrames(pts, frames, d.now())
}
