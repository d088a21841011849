package habits

import "time"

// Always and Never are tests of the time of a stream, as are those that [Before] and [From]
// make.
func Always(time.Duration) bool { return true }

// Never is the opposite of Always.
func Never(time.Duration) bool { return false }

// Before is true until a moment.
func Before(moment time.Duration) func(time.Duration) bool { return Step(moment, true, false) }

// From is true from a moment on.
func From(moment time.Duration) func(time.Duration) bool { return Step(moment, false, true) }

// Both makes one answer of a test for the picture and one for the sound.
func Both(picture, sound func(time.Duration) bool) func(time.Duration) (bool, bool) {
	return func(at time.Duration) (bool, bool) { return picture(at), sound(at) }
}

// Step is a before a moment, and b from then on.
func Step[T any](moment time.Duration, a, b T) func(time.Duration) T {
	return func(at time.Duration) T {
		if at < moment {
			return a
		}
		return b
	}
}
