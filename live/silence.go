package live

import (
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/silence"
)

// second is a second at 90 kHz.
const second = media.Ticks(media.VideoTimescale)

// Bounds of how far the sound may lag behind the picture, in media time and in the order
// of arrival, before it counts as stopped. At 90 kHz.
const (
	// firstLag holds until sound has come over so much time that its usual lag is known.
	firstLag = second
	knownLag = 3 * second
	// leastLag is less than what players that stay three parts behind have buffered, and
	// less than the packager lets pictures wait for muxed sound.
	leastLag = second * 2 / 5
	// mostLag is how late sound may always be. Sound that is later for wrongClock has a
	// clock of its own; for less it was held up, and is over already.
	mostLag    = 5 * second
	wrongClock = second
	// lagSpan is for how long a lag is remembered, at least.
	lagSpan = 30 * second
)

const (
	// silenceMargin is how far silence stays behind the picture. Sound that comes back
	// within it follows without overlap.
	silenceMargin = 100 * time.Millisecond
	// maxSilence is the longest hole that is filled: a longer one is one of the picture, too.
	maxSilence = 10 * time.Second
	// maxLastPicture is how long after its DTS the last picture may end.
	maxLastPicture = second
)

// soundFiller fills in silence where a publication with pictures has no sound: players
// stop for good at the end of the sound, even where the picture goes on. It stands between
// ingest and the epoch.
//
// Sound is waited for until it lags behind the picture by more than it usually does. Then
// it has stopped, and silence follows the picture closely until sound comes. Its own
// timestamps decide where it goes on: units that overlap silence are left out.
//
// It moves with samples only. Its zero value, with its functions set, is without a track.
type soundFiller struct {
	write    func(media.Kind, media.Sample) // takes samples, and silence
	repaired func(reason string)
	filled   func(time.Duration) // counts silence

	track media.Track
	unit  silence.Unit
	able  bool // unit is there

	pictured bool
	picture  media.Ticks // DTS of the newest picture, at 90 kHz
	step     media.Ticks // from the one before
	delay    media.Ticks // from decoding to showing the last keyframe

	placed  bool
	next    media.Ticks // end of the sound and silence so far, in the track's timescale
	last    media.Ticks // end of the sound, likewise
	silent  bool        // silence was written last
	stopped bool
	shift   media.Ticks // added to the DTS of sound whose clock is wrong
	overdue bool        // sound comes that is later than any can be
	since   media.Ticks // the picture when that began
	lags    lags
}

// setTrack takes up a track of sound; what follows is placed anew.
func (f *soundFiller) setTrack(t media.Track) {
	if f.track.SameInit(t) {
		return
	}
	f.track = t
	f.unit, f.able = silence.For(t)
	f.placed, f.silent, f.stopped, f.overdue, f.shift = false, false, false, false, 0
}

// supply takes up a track that no sound will come of.
func (f *soundFiller) supply(t media.Track) {
	f.setTrack(t)
	f.stopped = true
}

// missing is for how long no sound has come, if it has stopped.
func (f *soundFiller) missing() time.Duration {
	if !f.stopped {
		return 0
	}
	return (f.picture - f.grid(f.last)).Duration(media.VideoTimescale)
}

// Write passes a sample on, with the silence that belongs before it.
func (f *soundFiller) Write(k media.Kind, s media.Sample) {
	switch {
	case f.track.Codec == 0:
		f.write(k, s)
	case k == media.Video:
		f.followPicture(s)
		f.write(k, s)
	default:
		f.addSound(s)
	}
}

// followPicture notes how far the picture has come, and fills in silence up to it if the sound
// has stopped.
func (f *soundFiller) followPicture(s media.Sample) {
	if s.KeyFrame {
		f.delay = s.CompositionOffset
	}
	if f.pictured {
		f.step = s.DTS - f.picture
	}
	f.pictured, f.picture = true, s.DTS
	if !f.placed {
		f.placed, f.next = true, f.sound(s.PTS())
		f.last = f.next
	}
	if !f.stopped {
		if f.picture-f.grid(f.next) <= f.lags.limit() {
			return
		}
		f.stopped = true
		f.repaired(ingest.RepairSilence)
	}
	margin := max(media.TicksOf(silenceMargin, f.track.Timescale), 2*f.unit.Duration)
	f.fillUntil(f.sound(f.picture) - margin)
}

// addSound takes a unit of sound.
func (f *soundFiller) addSound(s media.Sample) {
	if f.pictured && f.able {
		s.DTS += f.shift
		lag := f.picture - f.grid(s.DTS)
		if lag > mostLag || f.shift != 0 && lag < -mostLag {
			if !f.moveToPicture(&s, lag) {
				return
			}
			lag = 0
		}
		f.overdue = false
		f.lags.add(lag, f.picture)
		if !f.closeGap(s) {
			return
		}
	}
	f.placed, f.silent, f.stopped, f.next = true, false, false, s.DTS+s.Duration
	f.last = f.next
	f.write(media.Audio, s)
}

// moveToPicture moves a unit to the time of the picture, and what follows by as much. A source that
// begins its sound anew may begin its clock anew, too: then sound is later than any can be,
// or as far ahead after that was mended. It reports false for a unit that is in the past.
func (f *soundFiller) moveToPicture(s *media.Sample, lag media.Ticks) bool {
	if lag > 0 && !f.overdue {
		f.overdue, f.since = true, f.picture
	}
	if lag > 0 && f.picture-f.since < wrongClock {
		return false // silence is heard up to the picture
	}
	now := f.sound(f.picture)
	if f.placed {
		now = f.next + max(now-f.next, 0)/f.unit.Duration*f.unit.Duration
	}
	f.shift += now - s.DTS
	s.DTS = now
	f.repaired(ingest.RepairBackward)
	return true
}

// closeGap reports whether a unit follows what was written, up to which silence is filled in.
// It does not if it overlaps silence, or leaves a hole for which no unit is short enough.
// Either way the sound is back: silence does not go on.
func (f *soundFiller) closeGap(s media.Sample) bool {
	back := f.stopped
	f.stopped = false
	gap := s.DTS - f.next
	switch {
	case !f.placed:
	case f.silent && gap != 0 && gap < f.unit.Duration/2, f.shift != 0 && gap < 0:
		if back && gap < 0 {
			f.repaired(ingest.RepairOverlap)
		}
		return false
	case gap > 0:
		f.fillGap(gap)
	}
	return true
}

// fillUntil writes whole units of silence up to a time.
func (f *soundFiller) fillUntil(until media.Ticks) {
	switch {
	case !f.able:
		return
	case (until - f.next).Duration(f.track.Timescale) > maxSilence:
		f.next = until // the picture has this hole, too
		return
	}
	for f.next+f.unit.Duration <= until {
		f.writeUnit(f.unit.Duration)
	}
}

// fillGap fills a gap with units of silence, of which the last is up to half a unit longer or
// shorter, so that decode times go on to the tick.
func (f *soundFiller) fillGap(gap media.Ticks) {
	if !f.able || gap.Duration(f.track.Timescale) > maxSilence {
		return
	}
	end := f.next + gap
	for n := (gap + f.unit.Duration/2) / f.unit.Duration; n > 1; n-- {
		f.writeUnit(f.unit.Duration)
	}
	if left := end - f.next; left >= f.unit.Duration/2 {
		f.writeUnit(left)
	}
}

// fillToEnd fills in silence up to the end of the picture. Players that find a discontinuity
// where the sound has not come to stop there.
func (f *soundFiller) fillToEnd() {
	if !f.pictured || !f.placed {
		return
	}
	f.fillUntil(f.sound(f.picture + min(f.delay+f.step, maxLastPicture)))
}

func (f *soundFiller) writeUnit(duration media.Ticks) {
	f.write(media.Audio, media.Sample{DTS: f.next, Duration: duration, KeyFrame: true, Payload: f.unit.Payload})
	f.next += duration
	f.silent = true
	f.filled(duration.Duration(f.track.Timescale))
}

// sound converts a time at 90 kHz to the track's timescale, grid the other way.
func (f *soundFiller) sound(t media.Ticks) media.Ticks {
	return media.Rescale(t, media.VideoTimescale, f.track.Timescale)
}

func (f *soundFiller) grid(t media.Ticks) media.Ticks {
	return media.Rescale(t, f.track.Timescale, media.VideoTimescale)
}

// lags are how far the sound lagged behind the picture when it came: by a frame when an
// encoder interleaves both, by what a PES packet holds in MPEG-TS, by seconds when sound
// and picture take different ways. At 90 kHz.
type lags struct {
	begun, known bool
	first        media.Ticks    // the picture when sound came first
	since        media.Ticks    // when the newer span began
	most         [2]media.Ticks // of the older span and the newer
}

// add takes the lag of a unit into account, now being the picture's time.
func (l *lags) add(lag, now media.Ticks) {
	if !l.begun {
		l.begun, l.first = true, now
	}
	l.known = l.known || now-l.first >= knownLag
	if now-l.since > lagSpan {
		l.since, l.most = now, [2]media.Ticks{l.most[1], 0}
	}
	l.most[1] = max(l.most[1], lag)
}

// limit is the lag at which sound has stopped: half as much again as usual.
func (l *lags) limit() media.Ticks {
	least := firstLag
	if l.known {
		least = leastLag
	}
	return min(max(least, max(l.most[0], l.most[1])*3/2), mostLag)
}
