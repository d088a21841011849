package packager

import (
	"math"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// targetLimits are the durations that a stream's playlists follow from its configuration and from what
// has been settled about it.
type targetLimits struct {
	cfg    Config
	params StreamParams
}

// target is EXT-X-TARGETDURATION of the first generation, or the configured segment duration as long
// as it isn't known.
func (l *targetLimits) target() time.Duration {
	if l.params.TargetDuration == 0 {
		return l.cfg.SegmentDuration
	}
	return l.params.target()
}

// shortestTarget is the target duration that segments are cut to; 0 as long as it isn't known.
func (l *targetLimits) shortestTarget() time.Duration {
	if n := len(l.params.Generations); n > 0 {
		return l.params.Generations[n-1].target()
	}
	return l.params.target()
}

// liveWindow is how much time is listed without DVR: never under four target
// durations, so that removal leaves the three that RFC 8216bis §6.2.2 demands.
func (l *targetLimits) liveWindow() time.Duration { return max(l.cfg.Window, 4*l.target()) }

// listedTime is how much time playlists list.
func (l *targetLimits) listedTime() time.Duration { return max(l.liveWindow(), l.cfg.DVR) }

// ratedTime is how much time bit rates are measured over: all that playlists list, and
// all of a recording.
func (l *targetLimits) ratedTime() time.Duration {
	if l.cfg.Static {
		return math.MaxInt64
	}
	return max(l.listedTime(), rateSpan)
}

// keptTime is for how long a segment can be fetched: §6.2.2 demands its own
// duration and the playlist's, after it left the playlist.
func (l *targetLimits) keptTime(window time.Duration) time.Duration { return 2*window + l.target() }

// skipBoundary is CAN-SKIP-UNTIL, the least allowed (§4.4.3.8).
func (l *targetLimits) skipBoundary() time.Duration { return skipTargets * l.target() }

// header is what playlists of a PART-TARGET begin with, but for what depends on the segments
// listed. PART-HOLD-BACK is the same in all renditions.
func (l *targetLimits) header(partTarget time.Duration) hls.Header {
	if l.cfg.Static {
		return hls.Header{TargetDuration: l.params.TargetDuration}
	}
	return hls.Header{
		TargetDuration: l.params.TargetDuration, PartTarget: partTarget,
		HoldBack:     holdBackTargets * l.target(),
		PartHoldBack: time.Duration(l.cfg.PartHoldBack * float64(l.params.LongestPart)).Truncate(time.Microsecond),
		CanSkipUntil: l.skipBoundary(),
	}
}
