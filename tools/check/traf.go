package check

import (
	"errors"
	"fmt"
	"math/bits"
)

// sampleDefaults are what samples are without flags of their own.
type sampleDefaults struct {
	duration, size, flags uint32
}

// nonSync is sample_is_non_sync_sample of a sample's flags (ISO/IEC 14496-12 §8.8.3.1).
const nonSync = 0x1_0000

func parseTraf(b []byte, init *initSection) (t trackFragment, err error) {
	boxes, err := readBoxes(b)
	if err != nil {
		return t, fmt.Errorf("traf: %w", err)
	}
	tfhd := find(boxes, "tfhd")
	if tfhd == nil {
		return t, errors.New("traf: no tfhd")
	}
	defaults, err := t.parseTfhd(tfhd.body, init)
	if err != nil {
		return t, err
	}
	for _, c := range boxes {
		switch c.kind {
		case "tfdt":
			r := reader{b: c.body}
			version, _ := r.full()
			t.BaseTime, t.HasBaseTime = r.long(version), !r.short
		case "trun":
			if err := t.parseTrun(c.body, defaults); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

func (t *trackFragment) parseTfhd(b []byte, init *initSection) (d sampleDefaults, err error) {
	r := reader{b: b}
	_, flags := r.full()
	t.TrackID = r.u32()
	if init != nil {
		track := init.track(t.TrackID)
		if track == nil {
			return d, fmt.Errorf("tfhd: track %d is not in the initialization section", t.TrackID)
		}
		d = sampleDefaults{track.DefaultDuration, track.DefaultSize, track.DefaultFlags}
	}
	t.Relative = flags&0x02_0000 != 0 && flags&1 == 0
	if flags&1 != 0 {
		r.skip(8)
	}
	if flags&2 != 0 {
		r.skip(4)
	}
	if flags&8 != 0 {
		d.duration = r.u32()
	}
	if flags&0x10 != 0 {
		d.size = r.u32()
	}
	if flags&0x20 != 0 {
		d.flags = r.u32()
	}
	if r.short {
		return d, errors.New("tfhd is cut short")
	}
	return d, nil
}

// parseTrun adds a run's samples (ISO/IEC 14496-12 §8.8.8). It takes no more steps
// than the run has bytes, however many samples it claims.
func (t *trackFragment) parseTrun(b []byte, defaults sampleDefaults) error {
	r := reader{b: b}
	version, flags := r.full()
	count := r.u32()
	if flags&1 != 0 {
		r.skip(4)
	}
	first := defaults
	hasFirst := flags&4 != 0
	if hasFirst {
		first.flags = r.u32()
	}
	each := 4 * bits.OnesCount32(flags&0xf00)
	if r.short || count > maxSamples || int(count)*each != len(r.b) {
		return fmt.Errorf("trun: %d samples do not fit its size", count)
	}
	if each == 0 {
		t.addEqual(int(count), first, defaults)
		return nil
	}
	for i := range count {
		s, offset := r.sample(version, flags, defaults)
		if i == 0 && hasFirst {
			s.flags = first.flags
		}
		t.add(s, offset)
	}
	return nil
}

// addEqual adds samples that only differ, if at all, in the first one's flags.
func (t *trackFragment) addEqual(n int, first, others sampleDefaults) {
	if n == 0 {
		return
	}
	t.add(first, 0)
	if n == 1 {
		return
	}
	t.add(others, 0)
	t.Samples += n - 2
	t.Duration += uint64(n-2) * uint64(others.duration)
	t.Bytes += uint64(n-2) * uint64(others.size)
}

// sample reads one sample of a run.
func (r *reader) sample(version uint8, flags uint32, s sampleDefaults) (sampleDefaults, int64) {
	if flags&0x100 != 0 {
		s.duration = r.u32()
	}
	if flags&0x200 != 0 {
		s.size = r.u32()
	}
	if flags&0x400 != 0 {
		s.flags = r.u32()
	}
	offset := int64(0)
	if flags&0x800 != 0 {
		offset = int64(r.u32())
		if version != 0 {
			offset = int64(int32(offset))
		}
	}
	return s, offset
}

func (t *trackFragment) add(s sampleDefaults, offset int64) {
	sync := s.flags&nonSync == 0
	if t.Samples == 0 {
		t.FirstSync, t.FirstOffset, t.FirstLength = sync, offset, s.duration
	}
	t.Samples++
	if s.duration <= 1 {
		t.Unseen++
	}
	t.AnySync = t.AnySync || sync
	t.Duration += uint64(s.duration)
	t.Bytes += uint64(s.size)
}
