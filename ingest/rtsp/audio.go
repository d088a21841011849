package rtsp

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// audioDecoder gathers packets to frames. The frames of some codecs describe
// themselves; for the others the track is known ahead.
type audioDecoder struct {
	decode func(*rtp.Packet) ([][]byte, error)
	track  media.Track
	codec  media.Codec // that describes itself; else 0
}

func newAudioDecoder(f format.Format) (d audioDecoder, err error) {
	switch f := f.(type) {
	case *format.MPEG4Audio:
		config, err := f.Config.Marshal()
		if err != nil {
			return d, fmt.Errorf("%w: AAC: %w", ingest.ErrUnsupported, err)
		}
		if d.track, err = bitstream.AACTrack(config); err != nil {
			return d, fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
		}
		decoder, err := f.CreateDecoder()
		if err != nil {
			return d, err
		}
		d.decode = decoder.Decode
	case *format.Opus:
		if d.track, err = bitstream.OpusTrack(f.ChannelCount); err != nil {
			return d, fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
		}
		decoder, err := f.CreateDecoder()
		if err != nil {
			return d, err
		}
		d.decode = func(pkt *rtp.Packet) ([][]byte, error) {
			frame, err := decoder.Decode(pkt)
			return [][]byte{frame}, err
		}
	case *format.G711:
		codec := media.PCMA
		if f.MULaw {
			codec = media.PCMU
		}
		return rawDecoder(codec, f.SampleRate, f.ChannelCount, 1)
	case *format.LPCM:
		return rawDecoder(media.PCM, f.SampleRate, f.ChannelCount, f.BitDepth/8)
	case *format.G722:
		return rawDecoder(media.G722, 16_000, 1, 1) // by a clock of 8 kHz (RFC 3551 §4.5.2)
	case *format.AC3:
		decoder, err := f.CreateDecoder()
		if err != nil {
			return d, err
		}
		d.decode, d.codec = decoder.Decode, media.AC3
	case *format.MPEG1Audio:
		d.decode, d.codec = mpegAudioPayload, media.MP3
	}
	return d, nil
}

// rawDecoder takes samples of so many bytes, which are linear if the codec is PCM (RFC 3551
// §4.5.10 and following).
func rawDecoder(codec media.Codec, rate, channels, size int) (d audioDecoder, err error) {
	if d.track, err = bitstream.RawTrack(codec, rate, channels); err != nil {
		return d, fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	d.decode = func(pkt *rtp.Packet) ([][]byte, error) {
		samples := pkt.Payload
		switch {
		case len(samples)%(size*channels) != 0:
			return nil, errShortPacket
		case codec == media.PCM && size == 1:
			samples = bitstream.PCMFromUnsigned8(samples)
		case codec == media.PCM:
			samples = bitstream.PCMFromBigEndian(samples, size)
		}
		return [][]byte{samples}, nil
	}
	return d, nil
}

var errShortPacket = errors.New("packet without whole audio samples")

// mpegAudioPayload leaves out the header of RFC 2250 §3.5, which only says where in a
// frame the payload belongs: frames are put together again by their own headers.
func mpegAudioPayload(pkt *rtp.Packet) ([][]byte, error) {
	const header = 4
	if len(pkt.Payload) <= header {
		return nil, errShortPacket
	}
	return [][]byte{pkt.Payload[header:]}, nil
}

func (r *receiver) audio(p peer, s selected) error {
	d, err := newAudioDecoder(s.format)
	if errors.Is(err, ingest.ErrUnsupported) {
		return r.session.Refuse(media.Audio, err, time.Now())
	}
	if err != nil {
		return err
	}
	if d.codec == 0 {
		if err := r.session.SetAudio(d.track); err != nil {
			return err
		}
	}
	track := &rtpTrack{rate: media.Timescale(s.format.ClockRate())}
	p.OnPacketRTP(s.media, s.format, func(pkt *rtp.Packet) {
		now := time.Now()
		at := r.clock.at(track, pkt.Timestamp, now)
		frames, err := d.decode(pkt)
		if err != nil {
			return
		}
		r.feed(media.Audio, func() error {
			if d.codec != 0 {
				return r.session.AudioStream(d.codec, at, bytes.Join(frames, nil), now)
			}
			return r.session.AudioFrames(at, frames, now)
		})
	})
	return nil
}
