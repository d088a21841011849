package live

import (
	"slices"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

const (
	// observed is how often a publication is looked at.
	observed = time.Second
	// rateSpan is what rates are measured over.
	rateSpan = 10 * time.Second
	// faultSpan is what losses and jumps are counted over.
	faultSpan = time.Minute
	// maxObservations bounds the memory of a stream's observations.
	maxObservations = int(faultSpan/observed) + 2
	// maxFound bounds the advice that a protocol gives.
	maxFound = 16
	// intervalsKept is how many of the last keyframe intervals are remembered.
	intervalsKept = 8
)

// totals are what a stream has counted so far.
type totals struct {
	bytes, samples [2]uint64
	mediaEnd       media.Ticks   // at 90 kHz
	lost           uint64        // packets and units that never came, or were damaged
	jumps          uint64        // of the source's clock
	heard          time.Duration // when the newest sample came, since the epoch of time.Time
	stood          time.Duration // how long pictures stood because none came
	repairs        uint64        // of any kind
	overload       uint64        // frames that FFmpeg was too slow for
}

// observation is the totals at a moment.
type observation struct {
	at time.Time
	totals
}

// intake is what is known of the input of the publication that goes on. It may be used
// concurrently.
type intake struct {
	mu        sync.Mutex
	request   ingest.Request
	since     time.Time
	tracks    [2]media.Track
	packaged  bool            // an epoch has begun
	missing   time.Duration   // for how long no sound has come, if it has stopped
	found     []ingest.Advice // by the protocol, in the order in which it came
	intervals []keyInterval
	rare      bool          // keyframes come too rarely
	history   []observation // the oldest first
	slow      int           // so many observations in a row found that too little media comes
	begun     totals        // when the publication was first observed
}

// reset forgets what was known of the publication before.
func (in *intake) reset(r ingest.Request, since time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.request, in.since, in.packaged, in.found = r, since, false, nil
	in.tracks, in.intervals, in.history, in.missing, in.rare, in.slow = [2]media.Track{}, nil, nil, 0, false, 0
}

// keyInterval is what came from one keyframe to the next.
type keyInterval struct {
	length time.Duration
	frames int
}

// without is how long the interval would have been without pictures that stood: an encoder
// counts pictures, and sends none while nothing moves. Frames have a usual distance; 0 is
// unknown.
func (k keyInterval) without(frame time.Duration) time.Duration {
	if usual := frame * time.Duration(k.frames); usual > 0 && usual < k.length*9/10 {
		return usual
	}
	return k.length
}

func (in *intake) setTrack(t media.Track) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.tracks[t.Kind()] = t
}

func (in *intake) setPackaged() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.packaged = true
}

func (in *intake) setMissingSound(d time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.missing = d
}

// advise replaces the advice of the same code; without text it only takes that away.
func (in *intake) advise(a ingest.Advice) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.found = slices.DeleteFunc(in.found, func(b ingest.Advice) bool { return a.Code == b.Code })
	if a.Text != "" && len(in.found) < maxFound {
		in.found = append(in.found, a)
	}
}

// advice is what the protocol found, and what follows from the symptoms.
func (in *intake) advice(s symptoms) []ingest.Advice {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append(slices.Clone(in.found), advise(s)...)
}

func (in *intake) addInterval(k keyInterval) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.intervals) == intervalsKept {
		in.intervals = append(in.intervals[:0], in.intervals[1:]...)
	}
	in.intervals = append(in.intervals, k)
}

// observe notes the totals, unless that was done a moment ago.
func (in *intake) observe(now time.Time, t totals) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if n := len(in.history); n > 0 && now.Sub(in.history[n-1].at) < observed {
		return
	}
	if len(in.history) == 0 {
		in.begun = t
	}
	if len(in.history) == maxObservations {
		in.history = append(in.history[:0], in.history[1:]...)
	}
	in.history = append(in.history, observation{now, t})
	if rate, over := in.gain(rateSpan); over > 0 && rate.pace() < slowest {
		in.slow++
	} else {
		in.slow = 0
	}
}

// pace is how much media came, in percent of the time from the first sample to the last: while
// nothing moves none may come.
func (t totals) pace() int64 {
	return int64(t.mediaEnd.Duration(media.VideoTimescale)) * 100 / int64(max(t.heard, 1))
}

// gain is what the totals gained within the last span, and how long that really was; 0 if
// nothing is known. The mutex is held.
func (in *intake) gain(span time.Duration) (gained totals, over time.Duration) {
	if len(in.history) < 2 {
		return totals{}, 0
	}
	last := in.history[len(in.history)-1]
	first := last
	for i := len(in.history) - 1; i >= 0 && last.at.Sub(in.history[i].at) <= span; i-- {
		first = in.history[i]
	}
	return last.minus(first.totals), last.at.Sub(first.at)
}

func (t totals) minus(u totals) totals {
	for k := range t.bytes {
		t.bytes[k] -= u.bytes[k]
		t.samples[k] -= u.samples[k]
	}
	t.mediaEnd -= u.mediaEnd
	t.lost -= u.lost
	t.jumps -= u.jumps
	t.repairs -= u.repairs
	t.heard -= u.heard
	t.stood -= u.stood
	t.overload -= min(t.overload, u.overload) // a new worker begins at 0
	return t
}

// perSecond is n of a duration as a rate.
func perSecond(n uint64, over time.Duration) int64 {
	if over <= 0 {
		return 0
	}
	return int64(n) * int64(time.Second/time.Millisecond) / max(over.Milliseconds(), 1)
}

// input describes what arrives.
func (in *intake) input() *ingest.Input {
	in.mu.Lock()
	defer in.mu.Unlock()
	rate, over := in.gain(rateSpan)
	report := &ingest.Input{Protocol: in.request.Protocol, Since: in.since.UTC().Truncate(time.Millisecond)}
	if n := len(in.history); n > 0 {
		report.Repairs = in.history[n-1].repairs - in.begun.repairs
	}
	if in.request.Lost != nil {
		report.LostPackets = in.request.Lost()
	}
	if in.request.Link != nil {
		link := in.request.Link()
		report.Link = &link
	}
	if n := len(in.intervals); n > 0 {
		report.KeyframeInterval = in.intervals[n-1].length.Seconds()
	}
	if t := in.tracks[media.Video]; t.Codec != 0 {
		report.Video = &ingest.VideoInput{
			Codec: cmaf.CodecString(t), Width: t.Width, Height: t.Height,
			FrameRate: float64(perSecond(1000*rate.samples[media.Video], over)) / 1000, Bitrate: 8 * perSecond(rate.bytes[media.Video], over),
		}
		report.Bitrate += report.Video.Bitrate
	}
	if t := in.tracks[media.Audio]; t.Codec != 0 {
		report.Audio = &ingest.AudioInput{
			Codec: cmaf.CodecString(t), SampleRate: int(t.Timescale), Channels: t.Channels, Bitrate: 8 * perSecond(rate.bytes[media.Audio], over),
		}
		report.Bitrate += report.Audio.Bitrate
	}
	return report
}

// leavesOut reports whether a track is left out. The mutex is held.
func (in *intake) leavesOut() bool {
	return slices.ContainsFunc(in.found, func(a ingest.Advice) bool { return a.Code == ingest.AdviceCodecRefused })
}

// judgeKeys measures the last few keyframe intervals without pictures that stood. Keyframes
// are rare after two intervals that are too long, and until three in a row are not: one that
// differs from the others raises no advice, and withdraws none.
func (in *intake) judgeKeys(s *symptoms, frame time.Duration) {
	keys := make([]time.Duration, len(in.intervals))
	for i, k := range in.intervals {
		keys[i] = k.without(frame)
	}
	if len(keys) == 0 {
		return
	}
	s.shortestKey, s.longestKey = slices.Min(keys), slices.Max(keys)
	few, several := keys[max(len(keys)-2, 0):], keys[max(len(keys)-3, 0):]
	in.rare = slices.Min(few) >= s.wanted*5/4 || in.rare && slices.Max(several) >= s.wanted*5/4
	if s.rareKeys = in.rare; in.rare {
		s.lastKey = slices.Max(few)
	} else {
		s.lastKey = keys[len(keys)-1]
	}
}

// symptoms gathers what advice is given on: segments are wanted that long, and frames have a
// usual distance, if that is known.
func (in *intake) symptoms(now time.Time, wanted, frame time.Duration) symptoms {
	in.mu.Lock()
	defer in.mu.Unlock()
	rate, over := in.gain(rateSpan)
	faults, _ := in.gain(faultSpan)
	s := symptoms{
		wanted: wanted, connected: now.Sub(in.since), packaged: in.packaged, leftOut: in.leavesOut(),
		video: in.tracks[media.Video].Codec != 0, audio: in.tracks[media.Audio].Codec != 0,
		missingSound: in.missing,
		lost:         faults.lost, jumps: faults.jumps, overload: faults.overload,
	}
	if in.request.Link != nil {
		s.link = in.request.Link()
	}
	in.judgeKeys(&s, frame)
	if over >= rateSpan-2*observed {
		s.measured = true
		if s.pace = rate.pace(); in.slow < 2 {
			s.pace = max(s.pace, 100) // the first sample of a burst is late, those after it are not
		}
		moved := over - rate.stood
		s.frames = perSecond(1000*rate.samples[media.Video], moved)
		// Before the first picture there was none to be missed.
		seen := in.history[len(in.history)-1].samples[media.Video] - rate.samples[media.Video]
		begun := seen > in.begun.samples[media.Video]
		if d := in.tracks[media.Video].FrameDuration; d > 0 && begun && moved > over/4 { // else there is too little to tell
			s.declaredFrames = 1000 * int64(time.Second) / int64(d)
		}
	}
	return s
}
