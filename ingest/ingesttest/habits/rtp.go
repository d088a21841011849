package habits

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// RTP says how a film is sent by RTSP, interleaved in the connection (RFC 2326 §10.12). The
// zero value is the good stream: parameter sets in the SDP and before each keyframe,
// large NAL units in FU-A, a frame of AAC a packet (RFC 3640, AAC-hbr).
type RTP struct {
	NoSetsInSDP  bool
	NoSetsInBand bool
	OtherSets    *Film // whose parameter sets stand in the SDP
	Spaces       bool  // in the fmtp, as some cameras write it
	Metadata     bool  // a track of ONVIF metadata in the SDP, which is set up and sends nothing
	Padding      bool  // of each packet (RFC 3550 §5.1)
	Extension    bool  // a header extension in each packet (§5.3.1)
	Together     bool  // parameter sets and the first slice in STAP-A
	NoMarker     bool  // the last packet of a picture isn't marked
	MarkEach     bool  // each packet is
	SoundFirst   bool  // in the SDP
	NoPicture    bool  // in the SDP
	NoSound      bool  // in the SDP
	PerPacket    int   // frames of sound; 0: 1
	Time         uint32
	Sequence     uint16
	// SoundFormat is the rtpmap of the sound, if it isn't AAC: then payloads are silence.
	SoundFormat string
	SoundType   int
	Sent        func(time.Duration) (picture, sound bool)
	// Clock is added to a picture's time stamp, at 90 kHz.
	Clock func(i int) int64
	// Lost says whether a packet is left out, by its number.
	Lost func(n int) bool
}

// SDP describes the session (RFC 4566).
func (r RTP) SDP(f *Film) string {
	video := "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1"
	sets := f
	if r.OtherSets != nil {
		sets = r.OtherSets
	}
	if !r.NoSetsInSDP {
		video += ";sprop-parameter-sets=" + base64.StdEncoding.EncodeToString(sets.SPS) + "," + base64.StdEncoding.EncodeToString(sets.PPS)
	}
	if r.Spaces {
		video = strings.ReplaceAll(video, ";", "; ")
	}
	video += "\r\na=control:trackID=0\r\n"
	audio := fmt.Sprintf("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/%d/1\r\n"+
		"a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=%s\r\n", f.SampleRate, hex.EncodeToString(f.AudioConfig))
	if r.SoundFormat != "" {
		audio = fmt.Sprintf("m=audio 0 RTP/AVP %d\r\na=rtpmap:%d %s\r\n", r.SoundType, r.SoundType, r.SoundFormat)
	}
	audio += "a=control:trackID=1\r\n"
	tracks := []string{video, audio}
	switch {
	case r.NoPicture:
		tracks = tracks[1:]
	case r.NoSound:
		tracks = tracks[:1]
	case r.SoundFirst:
		tracks = []string{audio, video}
	}
	if r.Metadata {
		tracks = append(tracks, "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=2\r\n")
	}
	return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=habits\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + strings.Join(tracks, "")
}

// Tracks are the controls of the tracks, in the order of the SDP.
func (r RTP) Tracks() (all []int) {
	if r.Metadata {
		defer func() { all = append(all, 2) }()
	}
	switch {
	case r.NoPicture:
		return []int{1}
	case r.NoSound:
		return []int{0}
	case r.SoundFirst:
		return []int{1, 0}
	}
	return []int{0, 1}
}

// rtpWriter makes the packets of one RTP.
type rtpWriter struct {
	RTP
	film     *Film
	channels [3]byte // by track
	sequence [2]uint16
	cues     []Cue
	at       time.Duration
	count    int
	waiting  [][]byte // frames of sound
	first    uint32
}

// Cues are the film as interleaved packets; the channels are those of the tracks in the
// order of the SDP: 0, 2.
func (r RTP) Cues(film *Film) []Cue {
	w := &rtpWriter{RTP: r, film: film, sequence: [2]uint16{r.Sequence, r.Sequence}}
	for i, track := range r.Tracks() {
		w.channels[track] = byte(2 * i)
	}
	for _, u := range film.units(0) {
		w.at = u.at
		w.write(u)
	}
	return w.cues
}

func (w *rtpWriter) write(u unit) {
	picture, sound := true, true
	if w.Sent != nil {
		picture, sound = w.Sent(u.at)
	}
	switch {
	case u.kind == media.Video && picture && !w.NoPicture:
		w.writePicture(u)
	case u.kind == media.Audio && sound && !w.NoSound:
		w.writeSound(u)
	}
}

// packet writes one packet (RFC 3550 §5.1).
func (w *rtpWriter) packet(k media.Kind, payloadType byte, marker bool, at uint32, payload []byte) {
	if marker {
		payloadType |= 0x80
	}
	b := []byte{'$', w.channels[k], 0, 0, 0x80, payloadType}
	if w.Padding {
		b[4] |= 0x20
		payload = append(slices.Clone(payload), 0, 0, 0, 4)
	}
	if w.Extension {
		b[4] |= 0x10
		payload = append([]byte{0xab, 0xac, 0, 1, 1, 2, 3, 4}, payload...)
	}
	b = binary.BigEndian.AppendUint16(b, w.sequence[k])
	b = binary.BigEndian.AppendUint32(b, at)
	b = append(append(b, 1, 2, 3, byte(k)), payload...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-4))
	w.sequence[k]++
	if w.count++; w.Lost == nil || !w.Lost(w.count) {
		w.cues = append(w.cues, Cue{w.at, b})
	}
}

// mtu is how much a packet holds.
const mtu = 1400

func (w *rtpWriter) writePicture(u unit) {
	p := w.film.Pictures[u.index]
	at := int64(w.Time) + p.PTS
	if w.Clock != nil {
		at += w.Clock(u.index)
	}
	units := w.film.sets(p, p.Key && !w.NoSetsInBand)
	if w.Together && p.Key {
		units = append([][]byte{together(units[:2])}, units[2:]...)
	}
	for i, n := range units {
		last := i == len(units)-1
		for j, payload := range fragments(n) {
			marker := w.MarkEach || last && !w.NoMarker && j == len(fragments(n))-1
			w.packet(media.Video, 96, marker, uint32(at), payload)
		}
	}
}

// together puts NAL units into a STAP-A (RFC 6184 §5.7.1).
func together(units [][]byte) []byte {
	b := []byte{0x60 | 24}
	for _, n := range units {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(n))), n...)
	}
	return b
}

// fragments cuts a NAL unit into FU-A (§5.8) if it is too large for a packet.
func fragments(n []byte) (all [][]byte) {
	if len(n) <= mtu {
		return [][]byte{n}
	}
	header, rest := n[0], n[1:]
	for start := true; len(rest) > 0; start = false {
		size := min(mtu, len(rest))
		second := header & 0x1f
		if start {
			second |= 0x80
		}
		if size == len(rest) {
			second |= 0x40
		}
		all = append(all, append([]byte{header&0xe0 | 28, second}, rest[:size]...))
		rest = rest[size:]
	}
	return all
}

func (w *rtpWriter) writeSound(u unit) {
	at := w.Time + uint32(u.index)*1024
	if w.SoundFormat != "" {
		w.packet(media.Audio, byte(w.SoundType), false, at, make([]byte, 160))
		return
	}
	if len(w.waiting) == 0 {
		w.first = at
	}
	if w.waiting = append(w.waiting, w.film.Sounds[u.index]); len(w.waiting) < w.PerPacket {
		return
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(16*len(w.waiting)))
	for _, frame := range w.waiting {
		b = binary.BigEndian.AppendUint16(b, uint16(len(frame)<<3))
	}
	for _, frame := range w.waiting {
		b = append(b, frame...)
	}
	w.waiting = nil
	w.packet(media.Audio, 97, true, w.first, b)
}
