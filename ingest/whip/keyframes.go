package whip

import "time"

const (
	// keyRetry is how often a keyframe is asked for that is needed: browsers make none more
	// often than each 300 ms.
	keyRetry = 500 * time.Millisecond
	// keyAttempts is how many requests for one keyframe follow each other so fast, since they
	// may be lost. An encoder that leaves them all unanswered ignores them.
	keyAttempts = 3
	// keyGrace is how late a keyframe may be that the encoder makes by itself, as a share of
	// the interval: one that is asked for besides would cost bits for nothing.
	keyGrace = 10
)

// keyRequests decides when a keyframe is asked for. Browsers make keyframes only when they
// are asked to, and segments begin with one.
type keyRequests struct {
	every time.Duration
	last  time.Time // when a keyframe began to come
	asked time.Time
	count int // requests since the last keyframe
}

// due reports whether to ask now; needed says that pictures can't be decoded without one.
func (k *keyRequests) due(now time.Time, needed bool) bool {
	pause := k.every
	if needed || k.count < keyAttempts {
		pause = keyRetry
	}
	if now.Sub(k.asked) < pause || !needed && now.Sub(k.last) < k.every+k.every/keyGrace {
		return false
	}
	k.asked = now
	k.count++
	return true
}

// came notes a keyframe.
func (k *keyRequests) came(now time.Time) { k.last, k.count = now, 0 }
