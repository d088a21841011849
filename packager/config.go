package packager

import (
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
	// PartDuration is the longest length of a part. 50 ms to 2 s and at most a
	// segment; default 250 ms. PartTarget is the whole number of frames below it.
	PartDuration time.Duration
	// Window is how much time a live playlist lists; at least 4 target durations
	// are kept. Default 30 s, at most 10 min.
	Window time.Duration
}

// WithDefaults replaces zero values by their defaults.
func (c Config) WithDefaults() Config {
	if c.SegmentDuration == 0 {
		c.SegmentDuration = 2 * time.Second
	}
	if c.PartDuration == 0 {
		c.PartDuration = 250 * time.Millisecond
	}
	if c.Window == 0 {
		c.Window = 30 * time.Second
	}
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
	return errors.Join(errs...)
}

const (
	// maxKeyInterval is the longest keyframe interval that segments follow; past
	// it they are cut between keyframes.
	maxKeyInterval = 20 * time.Second
	// defaultKeyFrames is what x264, NVENC and OBS use when nobody sets an
	// interval: the guess for an encoder that doesn't say.
	defaultKeyFrames = 250
	// maxFrameGap is the longest pause between two frames that is shown as one
	// long frame. A longer one is a discontinuity.
	maxFrameGap = time.Second
	// partHoldBackParts is PART-HOLD-BACK in part targets: RFC 8216bis §4.4.3.8
	// demands two and recommends three.
	partHoldBackParts = 3
	// holdBackTargets is HOLD-BACK in target durations, the least allowed.
	holdBackTargets = 3
	// partsTargets is how many target durations from the end parts are listed
	// (§4.4.4.9 allows to drop them earlier than that).
	partsTargets = 3
)
