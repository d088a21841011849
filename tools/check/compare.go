package check

import (
	"math"
	"time"
)

// measured is what was learnt of one rendition.
type measured struct {
	name     string
	kind     string // video, audio, muxed, or ""
	playlist *mediaPlaylist
	facts    map[int64]facts
	order    []int64   // the numbers of facts, in order of arrival
	parts    []float64 // durations of the parts listed, in seconds
}

// compareRenditions checks that renditions fit together (§6.2.4). The first with
// video is what the others are compared with.
func compareRenditions(l *ledger, all []measured, dateTolerance time.Duration) {
	if len(all) < 2 {
		return
	}
	reference := &all[0]
	for i := range all {
		if all[i].kind == "video" || all[i].kind == "muxed" {
			reference = &all[i]
			break
		}
	}
	for i := range all {
		r := &all[i]
		if r == reference || r.playlist == nil || reference.playlist == nil {
			continue
		}
		compareHeaders(l, reference, r)
		compareDateRanges(l, reference, r)
		for _, msn := range r.order {
			if f, ok := reference.facts[msn]; ok {
				compareSegments(l, r.name, f, r.facts[msn], dateTolerance)
			}
		}
	}
}

func compareHeaders(l *ledger, a, b *measured) {
	l.check(ruleSameTarget, in(b.name), a.playlist.TargetDuration == b.playlist.TargetDuration,
		"target duration %v, that of %s is %v", b.playlist.TargetDuration, a.name, a.playlist.TargetDuration)
	if a.playlist.Control.Given || b.playlist.Control.Given {
		l.check(ruleSameControl, in(b.name), a.playlist.Control == b.playlist.Control,
			"%+v, %s has %+v", b.playlist.Control, a.name, a.playlist.Control)
	}
}

// compareDateRanges compares the date ranges that both playlists list. One may be
// newer than the other, and have more of them.
func compareDateRanges(l *ledger, a, b *measured) {
	for _, r := range b.playlist.DateRanges {
		for _, other := range a.playlist.DateRanges {
			if r.ID != "" && r.ID == other.ID {
				what := contradiction(other.Attributes, r.Attributes)
				l.check(ruleSameDateRanges, in(b.name), what == "", "%s of %s is another in %s", what, quote(r.ID), a.name)
			}
		}
	}
}

// aligned is how far video segments of one number may begin from each other.
const aligned = time.Millisecond

// compareSegments compares segments of one number, a of the reference.
func compareSegments(l *ledger, name string, a, b facts, dateTolerance time.Duration) {
	where := at(name, b.MSN)
	if !a.Date.IsZero() && !b.Date.IsZero() {
		off := b.Date.Sub(a.Date)
		l.check(ruleSameDates, where, off.Abs() <= dateTolerance, "program date %v off", off)
		if off.Abs() > max(a.Duration, b.Duration) {
			return // numbers are counted from elsewhere: nothing to compare
		}
	}
	l.check(ruleSameDiscontinuity, where, a.DSN == b.DSN, "discontinuity number %d, should be %d", b.DSN, a.DSN)
	if a.DSN != b.DSN {
		return // media times of different stretches have nothing in common
	}
	if a.Kind == "" || b.Kind == "" {
		return // no fragmented MP4: its times were not read
	}
	apart := seconds(b.Start - a.Start)
	if !a.Date.IsZero() && !b.Date.IsZero() {
		drift := apart - b.Date.Sub(a.Date)
		allowed := max(dateTolerance, seconds(b.FrameLength))
		l.check(ruleSameMapping, where, drift.Abs() <= allowed, "media time is %v from where the program date puts it", drift)
	}
	if b.Kind == "audio" && a.Kind != "audio" {
		allowed := seconds(b.FrameLength) + aligned
		l.check(ruleAudioAligned, where, apart.Abs() <= allowed, "begins %v from the video, an audio frame lasts %v", apart, seconds(b.FrameLength))
		return
	}
	if a.Kind != "audio" {
		l.check(ruleVideoAligned, where, apart.Abs() <= aligned, "begins %v off", apart)
	}
}

// seconds converts; what is beyond a Duration becomes the longest one.
func seconds(s float64) time.Duration {
	if math.Abs(s) >= math.MaxInt64/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(math.Round(s * float64(time.Second)))
}

// peak is the peak segment bit rate (§4.1): the highest of any run of segments that
// lasts at least half a target duration, and at most one and a half and half a second.
func (m *measured) peak() (highest float64) {
	target := m.playlist.TargetDuration
	for i := range m.order {
		var d time.Duration
		bytes := 0
		for j := i; j < len(m.order) && m.order[j] == m.order[i]+int64(j-i); j++ {
			f := m.facts[m.order[j]]
			d, bytes = d+f.Duration, bytes+f.Bytes
			if d > target*3/2+time.Second/2 {
				break
			}
			if d >= target/2 {
				highest = max(highest, float64(bytes*8)/d.Seconds())
			}
		}
	}
	return highest
}

// average is the bit rate of all that was fetched.
func (m *measured) average() float64 {
	var d time.Duration
	bytes := 0
	for _, f := range m.facts {
		d, bytes = d+f.Duration, bytes+f.Bytes
	}
	if d == 0 {
		return 0
	}
	return float64(bytes*8) / d.Seconds()
}
