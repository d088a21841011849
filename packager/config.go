package packager

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Config shapes segments and playlists. The zero value of a field gets the
// default named there.
type Config struct {
	// SegmentDuration is the shortest length of a segment, after which the next
	// keyframe begins a new one. 500 ms to 10 s; default 2 s.
	SegmentDuration time.Duration
	// PartDuration is the length of parts that is asked for. 50 ms to 2 s and at most a
	// segment; default 250 ms. PartTarget is a whole number of frames: as many as it has
	// room for, up to a quarter fewer if they divide a segment evenly, and at least a run
	// of reordered pictures (one more than there are B-frames in a row).
	PartDuration time.Duration
	// PartHoldBack is PART-HOLD-BACK in part targets: how far behind the live edge
	// players stay. 2 to 10; default 3, as RFC 8216bis §4.4.3.8 recommends.
	PartHoldBack float64
	// Window is how much time a live playlist lists; at least 4 target durations
	// are kept. Default 30 s, at most 10 min.
	Window time.Duration
	// Muxed puts sound and picture into the same segments instead of into renditions
	// of their own: a viewer makes half the requests.
	Muxed bool
	// AudioOnly offers a variant without picture beside the others.
	AudioOnly bool
	// DVR is how much time can be sought, from storage; playlists list that much if
	// it is more than Window. At most 48 h; default 0.
	DVR time.Duration
	// Base is what the URIs of media begin with in playlists: "" where these lie beside
	// the publications' directories, else a path with a slash at its end.
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
	c.SegmentDuration = cmp.Or(c.SegmentDuration, 2*time.Second)
	c.PartDuration = cmp.Or(c.PartDuration, 250*time.Millisecond)
	c.PartHoldBack = cmp.Or(c.PartHoldBack, 3)
	c.Window = cmp.Or(c.Window, 30*time.Second)
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	check := func(key string, d, low, high time.Duration) {
		if d < low || d > high {
			errs = append(errs, fmt.Errorf("%s: %v is out of range; use %v to %v", key, d, low, high))
		}
	}
	check("hls.segment_duration", c.SegmentDuration, 500*time.Millisecond, 10*time.Second)
	check("hls.part_duration", c.PartDuration, 50*time.Millisecond, min(2*time.Second, c.SegmentDuration))
	check("hls.window", c.Window, 3*c.SegmentDuration, 10*time.Minute)
	check("hls.dvr", c.DVR, 0, 48*time.Hour)
	if !(c.PartHoldBack >= 2 && c.PartHoldBack <= 10) {
		errs = append(errs, fmt.Errorf("hls.part_hold_back: %v part targets is out of range; use 2 to 10", c.PartHoldBack))
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
