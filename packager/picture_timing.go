package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// pictureTiming is how the leader's pictures usually come, and where they paused. All times are
// at 90 kHz.
type pictureTiming struct {
	frame  media.Ticks // usual distance of pictures
	step   media.Ticks // between the last two
	heard  media.Ticks // sound has come up to here
	lag    media.Ticks // usual lag behind sound
	pauses []pause     // oldest first
}

// pause is a time in which the leader had no picture.
type pause struct{ from, to media.Ticks }

// maxPauses is how many of the last pauses are remembered, for renditions that are behind.
const maxPauses = 128

// beginEpoch forgets what is not the same in the next epoch.
func (t *pictureTiming) beginEpoch(origin media.Ticks) {
	t.heard, t.lag, t.pauses = origin, 0, nil
}

// tolerance is how far sound may run ahead of the newest picture.
func (t *pictureTiming) tolerance() media.Ticks {
	return t.lag + max(media.TicksOf(standingAfter, media.VideoTimescale), t.frame*3/2)
}

// learnLag follows how far pictures usually lag behind the sound.
func (t *pictureTiming) learnLag(picture media.Sample) {
	lag := min(max(t.heard-picture.PTS(), 0), media.TicksOf(mostLag, media.VideoTimescale))
	if lag > t.lag {
		t.lag = lag
		return
	}
	t.lag -= (t.lag - lag) / 64
}

// learnFrame follows the frame rate slowly. A step that is unlike the one before, or longer
// than a part, is a pause: it says nothing about the rate.
func (t *pictureTiming) learnFrame(step, longest media.Ticks) media.Ticks {
	alike := max(step-t.step, t.step-step) <= t.step/4
	if step > 0 && alike && step <= max(longest, t.frame) {
		t.frame += (step - t.frame) / 16
	}
	t.step = step
	return t.frame
}

// notePause remembers a pause before a picture.
func (t *pictureTiming) notePause(from, to media.Ticks) {
	if to-from <= t.frame*3/2 {
		return
	}
	if len(t.pauses) == maxPauses {
		t.pauses = append(t.pauses[:0], t.pauses[1:]...)
	}
	t.pauses = append(t.pauses, pause{from, to})
}

// pausedTime is how much of a time there were no pictures.
func (t *pictureTiming) pausedTime(from, to media.Ticks) (length media.Ticks) {
	for _, p := range t.pauses {
		length += max(min(p.to, to)-max(p.from, from), 0)
	}
	return length
}

// frameTime is the usual distance of pictures.
func (t *pictureTiming) frameTime() time.Duration { return t.frame.Duration(media.VideoTimescale) }
