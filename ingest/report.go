package ingest

import (
	"errors"
	"strings"
	"time"
)

// Report is what a creator should know of a stream: what arrives, what to change in the
// encoder, and why a publisher was turned away last.
type Report struct {
	Input   *Input   // nil: nobody publishes
	Advice  []Advice // in no order; a code stands once
	Refusal *Refusal // nil: nobody was, as far as is remembered
	Pull    *Pull    // nil: we don't fetch it ourselves
}

// PullState is how it stands with a stream that we fetch ourselves.
type PullState string

// The states.
const (
	PullConnecting PullState = "connecting" // or waiting for the first picture
	PullLive       PullState = "live"
	PullWaiting    PullState = "waiting" // to try again
)

// Pull is where a stream is fetched from, and how it stands with that.
type Pull struct {
	Protocol string    `json:"protocol" doc:"rtsp, srt, rtmp, http or udp"`
	Address  string    `json:"address" doc:"The peer's scheme, host and port" example:"rtsp://192.0.2.7"`
	State    PullState `json:"state" enum:"connecting,live,waiting" doc:"waiting: to try again"`
	Since    time.Time `json:"since" doc:"Since when"`
	Error    string    `json:"error,omitempty" doc:"Why it came to an end last, or did not come, and what to do; missing while it is live"`
}

// Input is what a publisher sends. Rates are those of the last ten seconds.
type Input struct {
	Protocol         string      `json:"protocol" doc:"rtmp, srt, rtsp or webrtc; http or udp if it is fetched"`
	Since            time.Time   `json:"since" doc:"When the publisher connected"`
	Bitrate          int64       `json:"bitrate" doc:"Bit/s of picture and sound together, as measured"`
	Video            *VideoInput `json:"video,omitempty" doc:"Missing without picture"`
	Audio            *AudioInput `json:"audio,omitempty" doc:"Missing without sound"`
	KeyframeInterval float64     `json:"keyframe_interval,omitempty" doc:"Seconds between the last two keyframes"`
	LostPackets      uint64      `json:"lost_packets" doc:"Packets of this publication that never came, by SRT, RTSP and WebRTC"`
	Link             *Link       `json:"link,omitempty" doc:"How packets come by SRT; missing for other protocols"`
	Repairs          uint64      `json:"repairs" doc:"Repairs of this publication's timestamps and parameters"`
}

// VideoInput is the picture.
type VideoInput struct {
	Codec     string  `json:"codec" doc:"As RFC 6381 writes it" example:"avc1.64001f"`
	Width     int     `json:"width" doc:"Pixels"`
	Height    int     `json:"height" doc:"Pixels"`
	FrameRate float64 `json:"frame_rate" doc:"Frames a second, as measured"`
	Bitrate   int64   `json:"bitrate" doc:"Bit/s, as measured"`
}

// AudioInput is the sound.
type AudioInput struct {
	Codec      string `json:"codec" doc:"As RFC 6381 writes it" example:"mp4a.40.2"`
	SampleRate int    `json:"sample_rate" doc:"Hz"`
	Channels   int    `json:"channels"`
	Bitrate    int64  `json:"bitrate" doc:"Bit/s, as measured"`
}

// Severity says how much an advice matters.
type Severity string

// The severities.
const (
	Notice  Severity = "notice"  // viewers may not mind
	Warning Severity = "warning" // viewers see or hear it, or wait longer
)

// Advice is something that the creator should change in the encoder.
type Advice struct {
	Code     string   `json:"code" doc:"Tells the kinds of advice apart" example:"keyframe_interval"`
	Severity Severity `json:"severity" enum:"notice,warning"`
	Text     string   `json:"text" doc:"What is wrong, and what to set"`
}

// Codes of advice that more than one package speaks of.
const (
	// AdviceCodecRefused: a track is left out.
	AdviceCodecRefused = "codec_refused"
	// AdviceSoundConverted: players can't play the sound's codec, so AAC is made of it.
	AdviceSoundConverted = "sound_converted"
)

// adviceNoKeyframes is the code of the advice that the source sends no key frames.
const adviceNoKeyframes = "no_keyframes"

// adviceSlices is given when slices of a picture come apart.
var adviceSlices = Advice{
	Code: "split_pictures", Severity: Notice,
	Text: "the encoder sends the slices of a picture one by one; they are put together again, which delays the picture by a frame:" +
		" let it send whole pictures, or set the number of slices to 1",
}

// Refusal is why a publisher was turned away, or disconnected for what it sent.
type Refusal struct {
	At       time.Time `json:"at"`
	Protocol string    `json:"protocol" doc:"rtmp, srt, rtsp or webrtc"`
	Reason   string    `json:"reason" doc:"What the publisher was told, and what to do"`
}

// maxReason bounds the text of a refusal, in bytes.
const maxReason = 300

// NewRefusal makes a refusal of the error that ended a publication, or kept it from
// beginning. It reports false when the error is no refusal of ours but a loss.
func NewRefusal(at time.Time, protocol string, err error) (Refusal, bool) {
	for _, refusal := range []error{ErrUnauthorized, ErrBusy, ErrUnsupported, ErrKeyReplaced, ErrTooLarge, ErrMalformed} {
		if errors.Is(err, refusal) {
			text := strings.ToValidUTF8(err.Error(), "?")
			return Refusal{At: at, Protocol: protocol, Reason: text[:min(len(text), maxReason)]}, true
		}
	}
	return Refusal{}, false
}
