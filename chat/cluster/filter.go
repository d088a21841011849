package cluster

import "github.com/centrifugal/centrifuge"

// selected are the offsets that a filter selects of those from a first one up to, but
// without, an end.
func selected(f centrifuge.HistoryFilter, first, end uint64) (from, to uint64) {
	from, to = first, end
	switch {
	case f.Since != nil && f.Reverse:
		to = max(from, min(f.Since.Offset, to))
	case f.Since != nil:
		from = min(max(f.Since.Offset+1, from), to)
	}
	if over := int(to-from) - f.Limit; f.Limit >= 0 && over > 0 {
		if f.Reverse {
			from += uint64(over)
		} else {
			to -= uint64(over)
		}
	}
	return from, to
}
