package whip

import (
	"errors"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// disorderWait is how late a packet may be of a track whose packets aren't sent again.
const disorderWait = 60 * time.Millisecond

// receiver makes samples of the packets of a session. It is used by one goroutine.
type receiver struct {
	session *ingest.Session
	clock   *clock
	order   [2]*reorder // by media.Kind; nil: the track is not taken
	video   *videoTrack
	audio   *audioTrack
	keys    keyRequests
	ssrc    webrtc.SSRC // of the picture; 0: nothing came yet
	lost    func(packets int)
	request func(webrtc.SSRC)
}

// newReceiver takes the tracks of an offer.
func newReceiver(session *ingest.Session, o offer, cfg Config) (*receiver, error) {
	r := &receiver{
		session: session, clock: newClock(media.VideoTimescale, opusRate), keys: keyRequests{every: cfg.KeyInterval},
		lost: func(int) {}, request: func(webrtc.SSRC) {},
	}
	session.Expect(o.video != nil, o.audio != nil)
	session.LeftOut(o.leftOut...)
	if o.video != nil {
		var err error
		if r.video, err = newVideoTrack(o.video.codec); err != nil {
			return nil, err
		}
		if err := session.SetVideo(o.video.codec, bitstream.ParamSets{}); err != nil {
			return nil, err
		}
		r.order[media.Video] = &reorder{wait: cfg.ResendWait}
	}
	if o.audio == nil {
		return r, nil
	}
	track, err := opusTrack()
	if err != nil {
		return nil, err
	}
	r.audio = newAudioTrack(track)
	r.order[media.Audio] = &reorder{wait: disorderWait}
	if resent(o.audio.RTCPFeedback) {
		r.order[media.Audio].wait = cfg.ResendWait
	}
	return r, session.SetAudio(track)
}

// resent reports whether packets are sent again that were asked for.
func resent(feedback []string) bool {
	for _, f := range feedback {
		if f == "nack" {
			return true
		}
	}
	return false
}

// take takes what came from the publisher.
func (r *receiver) take(e event) error {
	if r.order[e.kind] == nil {
		return nil
	}
	if e.report != nil {
		r.clock.report(e.kind, ntpTime(e.report.NTPTime), e.report.RTPTime)
		return nil
	}
	if e.kind == media.Video && r.ssrc == 0 {
		r.ssrc = e.ssrc
		r.keys.came(e.at) // the first picture is one, or what is missing is asked for below
	}
	r.order[e.kind].push(e.packet, e.at)
	return r.drain(e.kind, e.at)
}

// due does what time demands: packets that were waited for in vain, keyframes.
func (r *receiver) due(now time.Time) error {
	if r.ssrc != 0 && r.keys.due(now, r.video.broken) {
		r.request(r.ssrc)
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		if r.order[kind] == nil {
			continue
		}
		if err := r.drain(kind, now); err != nil {
			return err
		}
	}
	return nil
}

// drain takes the packets of a track that are in order.
func (r *receiver) drain(kind media.Kind, now time.Time) error {
	for {
		packet, lost := r.order[kind].pop(now)
		if packet == nil {
			return nil
		}
		if err := r.lose(kind, lost, now); err != nil {
			return err
		}
		if len(packet.Payload) == 0 {
			continue // padding, by which browsers try how much the network carries
		}
		err := r.feed(kind, packet, lost, now)
		if errors.Is(err, ingest.ErrUnsupported) {
			err = r.session.Refuse(kind, err, now)
		}
		if err != nil {
			return err
		}
	}
}

func (r *receiver) feed(kind media.Kind, packet *rtp.Packet, lost int, now time.Time) error {
	if kind == media.Audio {
		frames, timestamp := r.audio.frames(packet, lost)
		return r.session.AudioFrames(r.clock.at(media.Audio, timestamp, now), frames, now)
	}
	return r.feedVideo(packet, now)
}

// feedVideo gives the session the pictures that are whole with a packet.
func (r *receiver) feedVideo(packet *rtp.Packet, now time.Time) error {
	pts := r.clock.at(media.Video, packet.Timestamp, now)
	ok, key := r.video.decodable(packet)
	if key {
		r.keys.came(now)
	}
	switch {
	case !ok:
		return nil
	case r.video.codec == media.AV1:
		units, err := r.video.units.Decode(packet)
		if err != nil {
			return nil // more packets must follow, or this one is damaged: then there is no picture
		}
		return r.session.VideoOBUs(pts, units, now)
	}
	for _, picture := range r.video.pictures.Add(packet, pts) {
		if err := r.session.VideoPresented(picture.PTS, picture.Body, now); err != nil {
			return err
		}
	}
	return nil
}

// lose counts packets that are lost for good. Pictures are left out up to the next keyframe,
// which it asks for.
func (r *receiver) lose(kind media.Kind, packets int, now time.Time) error {
	if packets == 0 {
		return nil
	}
	r.lost(packets)
	if kind == media.Audio {
		return nil
	}
	if !r.video.broken {
		r.session.Repaired(ingest.RepairBadUnit)
		r.session.PictureCut()
	}
	if err := r.video.lost(); err != nil {
		return err
	}
	if r.keys.due(now, true) {
		r.request(r.ssrc)
	}
	return nil
}

// close ends the publication.
func (r *receiver) close(reason error) { r.session.Close(reason) }
