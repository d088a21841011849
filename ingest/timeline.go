package ingest

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Limits of what counts as a sound timestamp. A source's clock may run ahead of
// or behind the arrival of its data by network jitter and encoder bursts; more
// than jumpAhead forward, or any step back beyond reorder, is a broken clock.
const (
	jumpAhead = 3 * time.Second
	reorder   = 500 * time.Millisecond
)

// Reasons of repairs, as metrics and logs name them.
const (
	RepairForward   = "forward_jump"
	RepairBackward  = "backward_jump"
	RepairMonotonic = "not_increasing"
	RepairAudioGap  = "audio_gap"
	RepairOverlap   = "audio_overlap"
	RepairFrozen    = "frozen_clock"
	// RepairSilence: sound stopped while the picture went on, and silence is heard instead.
	RepairSilence = "sound_stopped"
	// RepairParameters: a damaged parameter set was ignored.
	RepairParameters = "bad_parameters"
	// RepairBadUnit: a picture, or a unit of sound, that is broken was left out.
	RepairBadUnit = "bad_unit"
	// RepairUnreadable: the same of a track of which nothing could be read so far.
	RepairUnreadable = "unreadable"
	// RepairSync: bytes that belong to no packet of a transport stream were left out.
	RepairSync = "lost_sync"
	// RepairUnfinished: an RTMP message was left out, because another one took its place
	// before it was whole, or because it was too large and the media go on without it.
	RepairUnfinished = "unfinished_message"
	// RepairFraming: a track comes in another framing than its protocol's, and is converted.
	// It counts once a publication.
	RepairFraming = "framing"
	// RepairSlices: a source sends slices of a picture apart. They are put together.
	RepairSlices = "split_picture"
	// RepairOrder: a picture was to be shown before pictures that can only precede it.
	RepairOrder = "presentation_order"
)

// Repairs are all of the reasons.
var Repairs = []string{
	RepairForward, RepairBackward, RepairMonotonic, RepairAudioGap, RepairOverlap, RepairFrozen, RepairSilence, RepairParameters,
	RepairBadUnit, RepairUnreadable, RepairSync, RepairUnfinished, RepairFraming,
	RepairSlices, RepairOrder,
}

// Timeline turns a source's raw timestamps into media time that begins near 0
// and never goes back: it unrolls the wrap of 32-bit milliseconds and of 33-bit
// 90 kHz ticks, and takes out jumps. All tracks of a publication share one
// Timeline, so that a jump moves all of them by the same amount and audio stays
// in step with the picture.
//
// It is fed by one goroutine and knows no time but what it is told.
type Timeline struct {
	scale    media.Timescale // of the raw timestamps
	wrapBits uint            // 0: raw timestamps do not wrap
	onRepair func(reason string)

	started bool
	offset  media.Ticks // newest: media time = raw + offset, at 90 kHz
	tracks  [2]trackTime
}

type trackTime struct {
	started  bool
	raw      int64       // last raw timestamp, unrolled
	offset   media.Ticks // the offset this track is on
	before   media.Ticks // the one before the last jump
	last     media.Ticks // last media time given out
	arrival  time.Time   // when that was
	interval media.Ticks // last plausible distance between samples
	pace     pace
}

// pace notices a clock that stands still while samples come.
type pace struct {
	since   time.Time
	from    media.Ticks
	samples int
}

// A clock is frozen when so many samples in so much time moved it by less than a
// tenth of that.
const (
	paceSpan    = 2 * time.Second
	paceSamples = 20
)

// frozen takes a sample into account. It returns for how long the clock has stood
// still, or 0.
func (p *pace) frozen(at media.Ticks, arrival time.Time) (stood time.Duration) {
	p.samples++
	span := arrival.Sub(p.since)
	if !p.since.IsZero() && span < paceSpan {
		return 0
	}
	if !p.since.IsZero() && p.samples >= paceSamples && (at-p.from).Duration(media.VideoTimescale) < span/10 {
		stood = span
		at += media.TicksOf(span, media.VideoTimescale)
	}
	*p = pace{since: arrival, from: at}
	return stood
}

// NewTimeline makes a Timeline for raw timestamps of the given timescale that
// wrap at 2^wrapBits (0: never). onRepair is told each repair's reason.
func NewTimeline(scale media.Timescale, wrapBits uint, onRepair func(reason string)) *Timeline {
	return &Timeline{scale: scale, wrapBits: wrapBits, onRepair: onRepair}
}

// At gives the media time, in 90 kHz ticks, of a sample of the track that bears
// the raw decode timestamp and arrived when it says.
func (tl *Timeline) At(k media.Kind, raw int64, arrival time.Time) media.Ticks {
	t := &tl.tracks[k]
	before := *t
	at := tl.locate(k, raw, 0, arrival)
	if before.started && at <= before.last && k == media.Video {
		// Encoders that round to milliseconds repeat a timestamp now and then.
		tl.onRepair(RepairMonotonic)
		at = before.last + 1
		t.last = at
	}
	return at
}

// Presented gives the media time of a picture that bears the raw presentation timestamp.
// It goes back where pictures are not shown in the order of decoding. lead is how long
// before it the first picture is decoded, at media time 0 or later.
func (tl *Timeline) Presented(raw int64, lead media.Ticks, arrival time.Time) media.Ticks {
	return tl.locate(media.Video, raw, lead, arrival)
}

// locate repairs jumps of a track, and notes where it is.
func (tl *Timeline) locate(k media.Kind, raw int64, lead media.Ticks, arrival time.Time) media.Ticks {
	t := &tl.tracks[k]
	unrolled := tl.unroll(k, raw)
	ticks := media.Rescale(media.Ticks(unrolled), tl.scale, media.VideoTimescale)
	if !tl.started {
		tl.started = true
		tl.offset = lead - ticks
	}
	if !t.started {
		return tl.startTrack(t, unrolled, ticks, lead, arrival)
	}
	at := tl.continueTrack(t, ticks, arrival)
	if stood := t.pace.frozen(at, arrival); stood > 0 {
		tl.onRepair(RepairFrozen)
		at = t.last + media.TicksOf(stood, media.VideoTimescale)
		t.offset = at - ticks
		tl.offset = t.offset
	}
	if step := at - t.last; step > 0 && step < media.TicksOf(reorder, media.VideoTimescale) {
		t.interval = step
	}
	t.raw, t.last, t.arrival = unrolled, at, arrival
	return at
}

// Bounds of how far from the newest sample a timestamp beside the samples is
// believed: what announces a programme's end may be minutes ahead, and is late by
// no more than interleaving explains.
const (
	peekAhead  = 15 * time.Minute
	peekBehind = 10 * time.Second
)

// Peek gives the media time of a raw timestamp that belongs to no track, and
// leaves the Timeline as it is. What lies too far from the samples, such as the
// zeros of encoders that don't stamp their metadata, counts as now. It reports
// false as long as no sample has come.
func (tl *Timeline) Peek(raw int64) (media.Ticks, bool) {
	newest := tl.furthest()
	if !newest.started {
		return 0, false
	}
	unrolled := media.Ticks(tl.unrollNear(newest, raw))
	at := media.Rescale(unrolled, tl.scale, media.VideoTimescale) + tl.offset
	if away := (at - newest.last).Duration(media.VideoTimescale); away > peekAhead || away < -peekBehind {
		return newest.last, true
	}
	return max(at, 0), true
}

// Now is the media time of the newest sample. It reports false before the first.
func (tl *Timeline) Now() (media.Ticks, bool) { return tl.furthest().last, tl.started }

// startTrack starts a track: on the newest offset if that makes sense beside the
// other track, else level with it.
func (tl *Timeline) startTrack(t *trackTime, unrolled int64, ticks, lead media.Ticks, arrival time.Time) media.Ticks {
	at := ticks + tl.offset
	if other := tl.furthest(); other.started && !plausible(other.last, at, arrival.Sub(other.arrival)) {
		tl.onRepair(repairReason(other.last, at))
		at = other.last
	}
	at = max(at, lead)
	*t = trackTime{
		started: true, raw: unrolled, offset: at - ticks, before: at - ticks, last: at, arrival: arrival,
		interval: media.TicksOf(20*time.Millisecond, media.VideoTimescale),
	}
	return at
}

func (tl *Timeline) furthest() trackTime {
	if a, b := tl.tracks[0], tl.tracks[1]; !b.started || a.started && a.last > b.last {
		return a
	}
	return tl.tracks[1]
}

// continueTrack finds the media time of a track that goes on: by its own offset, else by
// the offset that the other track found after the same jump, else by its own before the
// last jump, which a single wrong timestamp was, else by a new one.
func (tl *Timeline) continueTrack(t *trackTime, ticks media.Ticks, arrival time.Time) media.Ticks {
	elapsed := arrival.Sub(t.arrival)
	at := ticks + t.offset
	if plausible(t.last, at, elapsed) || tl.confirmed(t, at, arrival) {
		return at
	}
	for _, offset := range [...]media.Ticks{tl.offset, t.before} {
		if known := ticks + offset; offset != t.offset && plausible(t.last, known, elapsed) {
			t.before, t.offset, tl.offset = t.offset, offset, offset
			return known
		}
	}
	tl.onRepair(repairReason(t.last, at))
	at = t.last + max(t.interval, media.TicksOf(min(elapsed, jumpAhead), media.VideoTimescale))
	t.before, t.offset = t.offset, at-ticks
	tl.offset = t.offset
	return at
}

// confirmed reports whether the other track, by the same offset, has come about as far as a
// time. A picture may have stood for long, and all of it come in one burst.
func (tl *Timeline) confirmed(t *trackTime, at media.Ticks, arrival time.Time) bool {
	other := &tl.tracks[0]
	if other == t {
		other = &tl.tracks[1]
	}
	return other.started && other.offset == t.offset && at > t.last && plausible(other.last, at, arrival.Sub(other.arrival))
}

// plausible reports whether media time may go from last to next in elapsed time.
func plausible(last, next media.Ticks, elapsed time.Duration) bool {
	step := (next - last).Duration(media.VideoTimescale)
	return step >= -reorder && step <= elapsed+jumpAhead
}

func repairReason(last, next media.Ticks) string {
	if next > last {
		return RepairForward
	}
	return RepairBackward
}

// unroll extends a wrapping timestamp to 64 bits: of all values that it may
// stand for, the one nearest to the track's last.
func (tl *Timeline) unroll(k media.Kind, raw int64) int64 {
	near := tl.tracks[k]
	if !near.started {
		near = tl.tracks[1-k]
	}
	return tl.unrollNear(near, raw)
}

func (tl *Timeline) unrollNear(near trackTime, raw int64) int64 {
	if tl.wrapBits == 0 {
		return raw
	}
	period := int64(1) << tl.wrapBits
	raw &= period - 1
	if !near.started {
		return raw
	}
	delta := (raw - near.raw) & (period - 1)
	if delta >= period/2 {
		delta -= period
	}
	return near.raw + delta
}
