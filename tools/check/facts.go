package check

import "time"

// describe gathers a segment's facts.
func describe(m segmentMedia, fragments []fragment, total time.Duration) facts {
	track, lead := m.Init.lead(), leading(m.Init, fragments[0])
	scale := float64(track.Timescale)
	f := facts{
		MSN: m.Segment.MSN, DSN: m.Segment.DSN, Date: m.Segment.Date, Duration: m.Segment.Duration,
		Bytes: len(m.Whole), Kind: m.Init.kind(), Width: track.Width, Height: track.Height,
		Start: (float64(lead.BaseTime) + float64(lead.FirstOffset)) / scale, FrameLength: float64(lead.FirstLength) / scale,
	}
	samples := 0
	for _, fragment := range fragments {
		track := leading(m.Init, fragment)
		samples += track.Samples - track.Unseen
	}
	if total > 0 && f.Kind != "audio" {
		f.FrameRate = float64(samples) / total.Seconds()
	}
	for _, t := range m.Init.Tracks {
		f.Entries = append(f.Entries, t.SampleEntry)
	}
	return f
}

// referenceSlack is how far a producer's reference time may be from the program
// date: either may be the time of capture or that of arrival.
const referenceSlack = 5 * time.Second

// ntpEpoch is the beginning of NTP's time, 1900.
var ntpEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// checkReferenceTimes compares prft boxes with the segment's program date.
func checkReferenceTimes(l *ledger, where Position, m segmentMedia, fragments []fragment) {
	if m.Segment.Date.IsZero() {
		return
	}
	start := leading(m.Init, fragments[0])
	for _, f := range fragments {
		r := f.Reference
		if r == nil || r.TrackID != start.TrackID {
			continue
		}
		ahead := (float64(r.MediaTime) - float64(start.BaseTime)) / m.Init.scale(r.TrackID)
		program := m.Segment.Date.Add(time.Duration(ahead * float64(time.Second)))
		off := r.time().Sub(program)
		l.check(ruleReferenceTime, where, off.Abs() <= referenceSlack, "prft is %v from the program date", off.Round(time.Millisecond))
	}
}

// time converts NTP's seconds and fraction.
func (r *referenceTime) time() time.Time {
	seconds, fraction := r.NTP>>32, r.NTP&0xffff_ffff
	return ntpEpoch.Add(time.Duration(seconds)*time.Second + time.Duration(fraction*uint64(time.Second)>>32))
}
