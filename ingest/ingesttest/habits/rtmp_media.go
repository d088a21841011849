package habits

import (
	"encoding/binary"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/media"
)

// Chunk streams of media.
const (
	chunkData  = 4
	chunkSound = 6
	chunkVideo = 7
)

// prepare sends metadata and configurations that are due.
func (w *rtmpWriter) prepare(at time.Duration) {
	if !w.described && (!w.MetaLate || at >= time.Second) {
		w.described = true
		values := Described(w.film)
		if w.Metadata != nil {
			values = w.Metadata(w.film)
		}
		if values != nil {
			w.send(at, Message{Kind: rtmpData, Stream: 1, Chunk: chunkData, Time: w.time(media.Video, at, at.Milliseconds()), Body: encode(values)})
		}
	}
	var due [2]time.Duration
	if w.Configured != nil {
		due[media.Video], due[media.Audio] = w.Configured()
	}
	order := []media.Kind{media.Video, media.Audio}
	if w.SoundLead {
		order = []media.Kind{media.Audio, media.Video}
	}
	for _, k := range order {
		if !w.configured[k] && due[k] >= 0 && at >= due[k] {
			w.configured[k] = true
			w.configure(k, at)
		}
	}
}

// Described is the metadata as OBS sends it.
func Described(*Film) []any {
	return []any{"@setDataFrame", "onMetaData", amf0.ECMAArray{
		{Key: "width", Value: float64(320)}, {Key: "height", Value: float64(180)}, {Key: "framerate", Value: float64(FrameRate)},
		{Key: "videocodecid", Value: float64(7)}, {Key: "audiocodecid", Value: float64(10)}, {Key: "encoder", Value: "habits"},
	}}
}

func (w *rtmpWriter) configure(k media.Kind, at time.Duration) {
	m := Message{Kind: rtmpVideo, Stream: 1, Chunk: chunkVideo, Time: w.time(k, at, at.Milliseconds())}
	switch {
	case k == media.Audio && w.Sound != nil:
		return
	case k == media.Audio:
		m.Kind, m.Chunk, m.Body = rtmpAudio, chunkSound, append([]byte{0xaf, 0}, w.film.AudioConfig...)
	case w.Enhanced:
		m.Body = append([]byte("\x90avc1"), w.decoderConfig()...)
	default:
		m.Body = append([]byte{0x17, 0, 0, 0, 0}, w.decoderConfig()...)
	}
	w.send(at, m)
}

// decoderConfig is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
func (w *rtmpWriter) decoderConfig() []byte {
	sps, pps := w.film.SPS, w.film.PPS
	b := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(sps))), sps...)
	return append(binary.BigEndian.AppendUint16(append(b, 1), uint16(len(pps))), pps...)
}

func (w *rtmpWriter) write(u unit) {
	w.prepare(u.at)
	picture, sound := true, true
	if w.Sent != nil {
		picture, sound = w.Sent(u.at)
	}
	switch {
	case u.kind == media.Audio && sound:
		w.writeSound(u)
	case u.kind == media.Video && picture:
		w.writePicture(u)
	}
	if u.kind == media.Video && u.index%20 == 10 {
		w.interrupt(u.at)
	}
}

func (w *rtmpWriter) interrupt(at time.Duration) {
	if w.Interrupts {
		w.send(at, Message{Kind: rtmpAck, Chunk: 2, Body: []byte{0, 0, 16, 0}})
		w.send(at, Message{Kind: rtmpUser, Chunk: 2, Body: []byte{0, 3, 0, 0, 0, 1, 0, 0, 0, 100}})
		w.send(at, Message{Kind: rtmpWindow, Chunk: 2, Body: []byte{0, 0x26, 0x25, 0xa0}})
	}
	if w.EmptyTags {
		now := w.time(media.Video, at, at.Milliseconds())
		w.send(at, Message{Kind: rtmpAudio, Stream: 1, Chunk: chunkSound, Time: now})
		w.send(at, Message{Kind: rtmpVideo, Stream: 1, Chunk: chunkVideo, Time: now})
	}
}

func (w *rtmpWriter) writeSound(u unit) {
	body := append([]byte{0xaf, 1}, w.film.Sounds[u.index]...)
	if w.Sound != nil {
		body = w.Sound(w.film, u.index)
	}
	ms := (ticks(w.shift) + w.film.SoundTime(u.index)) / 90
	w.send(u.at, Message{Kind: rtmpAudio, Stream: 1, Chunk: chunkSound, Time: w.time(media.Audio, u.at, ms), Body: body})
}

func (w *rtmpWriter) writePicture(u unit) {
	p := w.film.Pictures[u.index]
	if p.Key && w.ConfigAgain {
		w.configure(media.Video, u.at)
	}
	if p.Key && w.Ends && u.index > 0 {
		w.send(u.at, Message{Kind: rtmpVideo, Stream: 1, Chunk: chunkVideo, Time: w.time(media.Video, u.at, u.at.Milliseconds()), Body: []byte{0x17, 2, 0, 0, 0}})
	}
	units := w.film.sets(p, w.InBand && p.Key)
	if w.Delimiters {
		units = append([][]byte{{9, 0xf0}}, units...)
	}
	groups := [][][]byte{units}
	if w.SliceEach {
		groups = groups[:0]
		for i := range units {
			groups = append(groups, units[i:i+1])
		}
	}
	for _, group := range groups {
		m := Message{Kind: rtmpVideo, Stream: 1, Chunk: chunkVideo, Time: w.time(media.Video, u.at, (ticks(w.shift)+p.DTS)/90), Body: w.tag(p, group)}
		if w.Aggregate {
			m = aggregate(m)
		}
		w.send(u.at, m)
	}
}

// tag is the body of a picture's message (FLV 10.1 §E.4.3).
func (w *rtmpWriter) tag(p Picture, units [][]byte) []byte {
	kind := byte(0x20)
	if p.Key {
		kind = 0x10
	}
	offset := (p.PTS - p.DTS) / 90
	b := []byte{kind | 7, 1, byte(offset >> 16), byte(offset >> 8), byte(offset)}
	if w.Enhanced {
		b = append([]byte{0x80 | kind | 1}, "avc1"...)
		b = append(b, byte(offset>>16), byte(offset>>8), byte(offset))
	}
	if w.AnnexB {
		return append(b, annexB(units)...)
	}
	return append(b, lengthPrefixed(units)...)
}

// aggregate puts a message into an aggregate message (RTMP 1.0 §7.1.6).
func aggregate(m Message) Message {
	n := len(m.Body)
	b := []byte{m.Kind, byte(n >> 16), byte(n >> 8), byte(n), byte(m.Time >> 16), byte(m.Time >> 8), byte(m.Time), byte(m.Time >> 24), 0, 0, 0}
	b = binary.BigEndian.AppendUint32(append(b, m.Body...), uint32(n+11))
	m.Kind, m.Body = rtmpAggregate, b
	return m
}
