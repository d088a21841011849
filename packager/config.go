package packager

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Config shapes segments and playlists. What has a key is hls.* of the configuration;
// WithDefaults sets zero values of it to the defaults.
type Config struct {
	SegmentDuration time.Duration `key:"hls.segment_duration" default:"2s" help:"Shortest segment, 500ms to 10s. The next keyframe begins a new one."`
	// PartDuration is the length of parts that is asked for. PartTarget is a whole number of
	// frames: as many as it has room for, up to a quarter fewer if they divide a segment
	// evenly, and at least a run of reordered pictures (one more than there are B-frames in a
	// row).
	PartDuration time.Duration `key:"hls.part_duration" default:"250ms" help:"Longest part, 50ms to 2s. Shortened by up to a quarter to divide segments evenly. Shorter parts mean lower latency and more requests."`
	// PartHoldBack is PART-HOLD-BACK in part targets; the default is what RFC 8216bis
	// §4.4.3.8 recommends.
	PartHoldBack float64 `key:"hls.part_hold_back" default:"3" help:"How far players stay behind the live edge, in parts, 2 to 10."`
	// Window is how much time a live playlist lists; at least 4 target durations
	// are kept.
	Window time.Duration `key:"hls.window" default:"30s" help:"How much time live playlists list, from three segments to 10m."`
	// DVR is how much time can be sought, from storage; playlists list that much if
	// it is more than Window.
	DVR time.Duration `key:"hls.dvr" default:"0s" help:"How far viewers can seek back, from disk, at most 48h. 0: as far as hls.window."`
	// Muxed puts sound and picture into the same segments instead of into renditions
	// of their own: a viewer makes half the requests.
	Muxed bool `key:"hls.audio" words:"separate muxed" default:"separate" help:"separate | muxed: audio in a rendition of its own, or in the video's segments, which halves the number of requests."`
	// AudioOnly offers a variant without picture beside the others.
	AudioOnly bool
	// Base is what the URIs of media begin with in playlists: "" where these lie beside
	// the epochs' directories, else a path with a slash at its end.
	Base string
	// SteeringURI is the steering server that multivariant playlists name, relative to
	// them or absolute; "": none.
	SteeringURI string
	// Static is for playlists that lie in storage, with no server behind them that
	// could hold a request.
	Static bool
}

// WithDefaults replaces zero values by their defaults.
func (c Config) WithDefaults() Config {
	setting.FillDefaults(&c)
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	errs := []error{
		setting.CheckRange("hls.segment_duration", c.SegmentDuration, 500*time.Millisecond, 10*time.Second),
		setting.CheckRange("hls.part_duration", c.PartDuration, 50*time.Millisecond, min(2*time.Second, c.SegmentDuration)),
		setting.CheckRange("hls.window", c.Window, 3*c.SegmentDuration, 10*time.Minute),
		setting.CheckRange("hls.dvr", c.DVR, 0, 48*time.Hour),
	}
	if !(c.PartHoldBack >= 2 && c.PartHoldBack <= 10) {
		errs = append(errs, fmt.Errorf("hls.part_hold_back: %v is out of range; use 2 to 10 parts", c.PartHoldBack))
	}
	return errors.Join(errs...)
}

const (
	// maxKeyInterval is the longest keyframe interval that segments follow; past
	// it they are cut between keyframes.
	maxKeyInterval = 20 * time.Second
	// defaultKeyFrames is what x264, NVENC and OBS use when nobody sets an
	// interval: the guess for an encoder that doesn't say.
	defaultKeyFrames = 250
	// holdBackTargets is HOLD-BACK in target durations, the least allowed.
	holdBackTargets = 3
	// skipTargets is CAN-SKIP-UNTIL in target durations, the least allowed.
	skipTargets = 6
	// removalTargets is how many target durations removal must leave (§6.2.2).
	removalTargets = 3
	// memoryTargets is how many target durations from the end stored segments stay in
	// memory: players at the live edge ask for no more, others are served from storage.
	memoryTargets = 1
	// partsTargets is how many target durations from the end parts are listed
	// (§6.2.2).
	partsTargets = 3
)
