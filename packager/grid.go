package packager

import "github.com/globalfandom/lightstick/media"

// boundary is the beginning of a segment in every rendition.
type boundary struct {
	msn           int64
	start         media.Ticks // presentation time, at 90 kHz
	discontinuity bool
	// discontinuities are how many came before this boundary: the
	// EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins here.
	discontinuities int64
	previousEnd     media.Ticks // where the leader's samples before a discontinuity end
	standing        bool        // no picture began here: the one before stood on
	before          media.Ticks // the presentation time of the one before that
	past            bool        // it was set when the picture that ended that time had come
	length          media.Ticks // of the leader's segment that begins here; 0: not known yet
}

// grid is the list of boundaries that the leader has set and that some
// rendition or playlist may still need, oldest first, without holes in msn.
type grid struct {
	boundaries      []boundary
	next            int64       // msn of the boundary to come
	horizon         media.Ticks // no boundary will be set before this time
	discontinuities int64       // set so far
}

// addBoundary sets the next boundary.
func (g *grid) addBoundary(start media.Ticks, discontinuity bool, previousEnd media.Ticks) boundary {
	b := boundary{
		msn: g.next, start: start, previousEnd: previousEnd,
		discontinuity: discontinuity && g.next > 0, discontinuities: g.discontinuities,
	}
	if b.discontinuity {
		g.discontinuities++
	}
	g.boundaries = append(g.boundaries, b)
	g.next++
	return b
}

// addStanding sets the next boundary within the time in which a picture stands.
func (g *grid) addStanding(start, before media.Ticks, past bool) boundary {
	g.addBoundary(start, false, start)
	b := &g.boundaries[len(g.boundaries)-1]
	b.standing, b.before, b.past = true, before, past
	return *b
}

// setLength tells how long the leader's segment was.
func (g *grid) setLength(msn int64, length media.Ticks) {
	if _, ok := g.boundaryOf(msn); ok {
		g.boundaries[msn-g.boundaries[0].msn].length = length
	}
}

// markDiscontinuity makes the last boundary one after a discontinuity.
func (g *grid) markDiscontinuity(previousEnd media.Ticks) boundary {
	b := &g.boundaries[len(g.boundaries)-1]
	b.discontinuity, b.previousEnd = true, previousEnd
	g.discontinuities++
	return *b
}

// countPassed is how many boundaries from msn up to another were set when they were due; those
// that were set when a picture ended a pause don't count.
func (g *grid) countPassed(msn, until int64) (n int) {
	for ; msn < until; msn++ {
		if b, ok := g.boundaryOf(msn); !ok || !b.past {
			n++
		}
	}
	return n
}

// boundaryOf finds the boundary that begins segment msn.
func (g *grid) boundaryOf(msn int64) (boundary, bool) {
	if len(g.boundaries) == 0 || msn < g.boundaries[0].msn || msn >= g.next {
		return boundary{}, false
	}
	return g.boundaries[msn-g.boundaries[0].msn], true
}

// latestBoundary finds the last boundary from msn on that begins at or before t.
func (g *grid) latestBoundary(msn int64, t media.Ticks) (boundary, bool) {
	if len(g.boundaries) > 0 {
		msn = max(msn, g.boundaries[0].msn)
	}
	best, found := boundary{}, false
	for b, ok := g.boundaryOf(msn); ok && b.start <= t; b, ok = g.boundaryOf(b.msn + 1) {
		best, found = b, true
	}
	return best, found
}

// trimBefore drops the boundaries before msn.
func (g *grid) trimBefore(msn int64) {
	n := 0
	for n < len(g.boundaries) && g.boundaries[n].msn < msn {
		n++
	}
	g.boundaries = g.boundaries[n:]
}
