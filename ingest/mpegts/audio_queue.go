package mpegts

import "github.com/globalfandom/lightstick/ingest"

// audioQueue gathers units of sound that follow one another, and knows the time of the
// first.
type audioQueue struct {
	pts      int64 // of the first unit; ingest.NoTimestamp: unknown
	stamp    int64 // of the unit after a carried one; ingest.NoTimestamp: it just follows
	duration int64 // of a unit, at 90 kHz
	units    [][]byte
}

func newAudioQueue() audioQueue {
	return audioQueue{pts: ingest.NoTimestamp, stamp: ingest.NoTimestamp}
}

// startPacket takes the time stamp of a PES packet, which is that of the first unit that begins
// in it (ISO/IEC 13818-1 §2.4.3.7). carried: a unit that began earlier ends there before.
func (q *audioQueue) startPacket(p pesPacket, carried bool) {
	q.stamp = ingest.NoTimestamp
	switch {
	case p.timed && carried:
		q.stamp = p.pts
	case p.timed:
		q.pts = p.pts
	}
}

func (q *audioQueue) add(unit []byte) { q.units = append(q.units, unit) }

// flush passes the units on. The next unit follows them.
func (q *audioQueue) flush(t *track) error {
	if len(q.units) == 0 {
		return nil
	}
	err := t.session.AudioFrames(q.pts, q.units, t.arrival())
	q.advance(len(q.units))
	clear(q.units) // the sink keeps the units, not the list
	q.units = q.units[:0]
	t.read()
	return err
}

// advance has the time go on.
func (q *audioQueue) advance(units int) {
	if q.pts != ingest.NoTimestamp {
		q.pts += int64(units) * q.duration
	}
}

// carry passes on the unit that began earlier. What follows has a time stamp of its own.
func (q *audioQueue) carry(t *track) error {
	err := q.flush(t)
	if q.stamp != ingest.NoTimestamp {
		q.pts = q.stamp
	}
	return err
}

// skip leaves out units that can't be read.
func (q *audioQueue) skip(t *track, units int) error {
	err := q.flush(t)
	q.advance(units)
	return err
}
