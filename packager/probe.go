package packager

import (
	"math"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// probe watches the first samples of a stream. Target duration and part target
// may never change once a playlist has been seen, so they wait until the frame
// rate and the keyframe interval are known, or as good as.
type probe struct {
	track    media.Track // the leader's
	samples  []probedSample
	bytes    int
	dts      []media.Ticks // of the leader
	keys     int
	interval media.Ticks // between the first two keyframes
	beside   media.Ticks // how far sound beside the leader has come, at 90 kHz
}

// probedSample is a sample that waits for the probe to finish.
type probedSample struct {
	track   *cutter // nil: sound that is only heard with the picture
	sample  media.Sample
	leading bool
}

// Limits of what a probe holds, whatever a source sends.
const (
	maxProbeSamples = 4096
	maxProbeBytes   = 64 << 20
)

// addSample takes a sample, of a track with the timescale.
func (p *probe) addSample(c *cutter, s media.Sample, leading bool, scale media.Timescale) {
	p.samples = append(p.samples, probedSample{c, s, leading})
	p.bytes += len(s.Payload)
	if !leading {
		p.beside = max(p.beside, media.Rescale(s.PTS(), scale, media.VideoTimescale))
		return
	}
	if s.KeyFrame {
		p.keys++
		if p.keys == 2 {
			p.interval = s.DTS - p.dts[0]
		}
	}
	p.dts = append(p.dts, s.DTS)
}

// isDone reports whether enough has been seen.
func (p *probe) isDone(c Config) bool {
	if len(p.samples) >= maxProbeSamples || p.bytes >= maxProbeBytes {
		return true
	}
	if len(p.dts) == 0 {
		return false
	}
	length := p.length()
	if p.track.Kind() == media.Audio {
		return length >= c.PartDuration
	}
	most := c.SegmentDuration + time.Second
	return (p.keys >= 2 && len(p.dts) > 8) || length >= most || p.standingTime() >= most
}

// standingTime is how far sound has come beyond the newest picture.
func (p *probe) standingTime() time.Duration {
	return (p.beside - media.Rescale(p.dts[len(p.dts)-1], p.track.Timescale, media.VideoTimescale)).Duration(media.VideoTimescale)
}

// length is how much of the leader has been seen.
func (p *probe) length() time.Duration {
	return (p.dts[len(p.dts)-1] - p.dts[0]).Duration(p.track.Timescale)
}

// frameTicks is the usual distance of the leader's samples: the median.
func (p *probe) frameTicks() media.Ticks {
	if p.track.Kind() == media.Audio && p.track.FrameSamples > 0 {
		return p.track.FrameSamples
	}
	var steps []media.Ticks
	for i := 1; i < len(p.dts); i++ {
		steps = append(steps, p.dts[i]-p.dts[i-1])
	}
	if len(steps) == 0 {
		if p.track.FrameDuration > 0 {
			return media.TicksOf(p.track.FrameDuration, p.track.Timescale)
		}
		return media.TicksOf(33*time.Millisecond, p.track.Timescale)
	}
	// Millisecond timestamps alternate (33, 33, 34): the mean of what lies near
	// the median is finer than the median itself.
	slices.Sort(steps)
	median := steps[len(steps)/2]
	sum, n := media.Ticks(0), media.Ticks(0)
	for _, s := range steps {
		if s > median*4/5 && s < median*6/5 {
			sum, n = sum+s, n+1
		}
	}
	if n == 0 {
		return max(median, 1)
	}
	return max((sum+n/2)/n, 1)
}

// frameRate is FRAME-RATE, in thousandths. What the bitstream declares is finer
// than what a second of millisecond timestamps can tell, if the two agree.
func (p *probe) frameRate() int64 {
	measured := p.frameTicks().Duration(p.track.Timescale)
	if declared := p.track.FrameDuration; (declared - measured).Abs() < measured/50 {
		return usualFrameRate(declared)
	}
	return usualFrameRate(measured)
}

// keyInterval is the longest time between keyframes that must be reckoned with.
func (p *probe) keyInterval() time.Duration {
	scale := p.track.Timescale
	declared := p.track.KeyInterval
	switch {
	case p.keys >= 2:
		declared = max(declared, p.interval.Duration(scale))
	case declared < p.length():
		// Unknown, or belied: no second keyframe came in that time.
		declared = max(defaultKeyFrames*p.frameTicks().Duration(scale), p.length())
	}
	return min(declared, maxKeyInterval)
}

// targetDuration is the EXT-X-TARGETDURATION that will hold, in seconds.
func (p *probe) targetDuration(c Config) int {
	target := int(math.Ceil(c.SegmentDuration.Seconds()))
	if p.track.Kind() == media.Video {
		target = max(target, wholeSeconds(p.keyInterval(), p.frameTicks().Duration(p.track.Timescale)))
	}
	return target
}

// wholeSeconds is the target duration for segments up to a length. It has a frame of leeway:
// 2 s at 29.97 fps is 2.002 s.
func wholeSeconds(longest, frame time.Duration) int {
	const most = 100 * time.Millisecond // a slow camera's frame may last as long as a segment
	return int(math.Ceil((longest - min(frame, most)).Seconds()))
}

// isCertain reports whether the keyframe interval was seen, or declared and not belied.
func (p *probe) isCertain() bool {
	return p.track.Kind() == media.Video && (p.keys >= 2 || p.track.KeyInterval >= p.length())
}

// longestRun is the longest run of reordered pictures that was seen.
func (p *probe) longestRun() int {
	var r reorderRuns
	if p.track.Kind() == media.Video {
		for _, q := range p.samples {
			if q.leading {
				r.addPicture(q.sample)
			}
		}
	}
	return r.longestExpected()
}
