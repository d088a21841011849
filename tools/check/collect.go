package check

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"
)

// collector fetches one rendition's media as its playlist lists them, and checks
// every segment when it is complete.
type collector struct {
	w        *watcher
	r        *rendition
	timeline *timeline
	bodies   map[string][]byte        // parts of the segment that is not complete
	held     int                      // bytes in bodies, bounded by maxMedia
	hints    map[string]chan response // parts asked for by their hint; capacity 1, sent to once
	asking   sync.WaitGroup
	inits    map[initMap]*initSection
	next     int64     // the first segment not yet dealt with; -1: before the first playlist
	delays   []float64 // of hinted parts, from the first byte to the last, in seconds
}

func newCollector(w *watcher, r *rendition) *collector {
	return &collector{
		w: w, r: r, timeline: newTimeline(r.name), next: -1,
		bodies: make(map[string][]byte), hints: make(map[string]chan response), inits: make(map[initMap]*initSection),
	}
}

// history is how many complete segments are fetched of those that were there before.
const history = 3

// run fetches until updates are closed.
func (c *collector) run(ctx context.Context, updates <-chan *mediaPlaylist) {
	var target time.Duration
	for p := range updates {
		if c.next < 0 {
			c.next = max(p.MediaSequence, p.lastComplete()-history+1)
		}
		c.take(ctx, p)
		target = p.PartTarget
	}
	c.asking.Wait()
	checkHintTransfers(c.w.ledger, c.r.name, c.delays, target)
}

func (c *collector) take(ctx context.Context, p *mediaPlaylist) {
	for i := range p.Segments {
		s := &p.Segments[i]
		if s.MSN < c.next {
			continue
		}
		for n := range s.Parts {
			c.part(ctx, s, n)
		}
		if ctx.Err() != nil {
			return
		}
		if !s.Open {
			c.segment(ctx, p, s)
			c.next = s.MSN + 1
		}
	}
	c.hint(ctx, p)
}

// key names a resource or a range of one.
func key(uri string, r byteRange) string { return fmt.Sprintf("%d@%d %s", r.Length, r.Start, uri) }

// part gets a part that is listed: from its hint's answer, or by asking now.
func (c *collector) part(ctx context.Context, s *segment, n int) {
	tag := &s.Parts[n]
	id := key(tag.URI, tag.Range)
	if _, have := c.bodies[id]; have || tag.Gap {
		return
	}
	where := atPart(c.r.name, s.MSN, n)
	if waiting, hinted := c.hints[id]; hinted {
		delete(c.hints, id)
		timer := time.NewTimer(2 * c.w.cfg.Slack)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return
		case r := <-waiting:
			if r.status == 0 && ctx.Err() != nil {
				return // the check's end broke the request off
			}
			if checkHinted(c.w.ledger, where, r.status) {
				c.hold(id, r.body)
				c.delays = keep(c.delays, r.done.Sub(r.firstByte).Seconds())
				return
			}
		case <-timer.C:
			checkHinted(c.w.ledger, where, 0)
		}
	}
	if body := c.get(ctx, where, kindPart, tag.URI, tag.Range); body != nil {
		c.hold(id, body)
	}
}

// hold keeps a part until its segment is complete, if there is room.
func (c *collector) hold(id string, body []byte) {
	if c.held += len(body); c.held > maxMedia {
		body = nil
	}
	c.bodies[id] = body
}

// release forgets the parts of a segment that has been dealt with.
func (c *collector) release() {
	clear(c.bodies)
	c.held = 0
}

// get fetches what is listed; nil if it can't be had.
func (c *collector) get(ctx context.Context, where Position, kind, uri string, part byteRange) []byte {
	u, err := c.r.url.Parse(uri)
	if !c.w.ledger.check(ruleAvailable, where, err == nil, "%s is no URI", quote(uri)) {
		return nil
	}
	q := request{kind: kind, url: u, part: part}
	r, err := c.w.fetch.get(ctx, q)
	if ctx.Err() != nil {
		return nil
	}
	if !c.w.ledger.check(ruleAvailable, where, err == nil, "%v", err) {
		return nil
	}
	if !checkListed(c.w.ledger, where, u.Path, r.status) {
		return nil
	}
	checkHeaders(c.w.ledger, where, q, r)
	return part.cut(r)
}

// cut takes the range out of the answer of a server that ignored it.
func (b byteRange) cut(r *response) []byte {
	if b.Length < 0 || r.status == 206 {
		return r.body
	}
	start := min(max(b.Start, 0), int64(len(r.body)))
	return r.body[start:min(start+b.Length, int64(len(r.body)))]
}

// segment gets a complete segment and checks it together with its parts.
func (c *collector) segment(ctx context.Context, p *mediaPlaylist, s *segment) {
	defer c.release()
	if s.Gap {
		return
	}
	where := at(c.r.name, s.MSN)
	whole := c.get(ctx, where, kindSegment, s.URI, s.Range)
	if whole == nil {
		return
	}
	f := facts{MSN: s.MSN, DSN: s.DSN, Date: s.Date, Duration: s.Duration, Bytes: len(whole)}
	if init := c.init(ctx, where, s, whole); init != nil {
		m := segmentMedia{Segment: *s, Init: init, Whole: whole, Independent: p.Independent}
		if c.w.multivariant != nil && c.w.multivariant.Independent {
			m.Independent = true
		}
		for _, tag := range s.Parts {
			m.Parts = append(m.Parts, c.bodies[key(tag.URI, tag.Range)])
		}
		if read, ok := c.timeline.add(c.w.ledger, m); ok {
			f = read
		}
	}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.facts[s.MSN] = f
	c.r.order = append(c.r.order, s.MSN)
	if len(c.r.order) > kept {
		delete(c.r.facts, c.r.order[0])
		c.r.order = c.r.order[1:]
	}
}

// init is the segment's initialization section; nil if its media can't be read:
// they are no fragmented MP4, or are encrypted.
func (c *collector) init(ctx context.Context, where Position, s *segment, whole []byte) *initSection {
	if s.Encrypted || !looksFragmented(whole) {
		return nil
	}
	if !c.w.ledger.check(ruleMap, where, s.Map.URI != "", "fragmented MP4 without EXT-X-MAP") {
		return nil
	}
	if known, ok := c.inits[s.Map]; ok {
		return known
	}
	body := c.get(ctx, where, kindInit, s.Map.URI, s.Map.Range)
	if body == nil {
		return nil
	}
	parsed, err := parseInit(body)
	if !c.w.ledger.check(ruleInit, where, err == nil, "%v", err) {
		parsed = nil
	}
	if len(c.inits) > maxTracks {
		clear(c.inits)
	}
	c.inits[s.Map] = parsed
	return parsed
}

// looksFragmented tells fragmented MP4 from transport streams and the rest.
func looksFragmented(b []byte) bool {
	first, err := readBox(b)
	return err == nil && (first.kind == "moof" || first.kind == "styp" || first.kind == "prft" || first.kind == "emsg" || first.kind == "sidx")
}

// maxHints of a playlist are followed.
const maxHints = 4

// hint asks for the part that comes next, before it exists. A hint at a range of
// unknown length is left alone: its answer would last as long as the segment.
func (c *collector) hint(ctx context.Context, p *mediaPlaylist) {
	for id := range c.hints { // what is no longer hinted was listed, or given up (§6.2.6)
		if !slices.ContainsFunc(p.Hints, func(h preloadHint) bool { return key(h.URI, wholeResource) == id }) {
			delete(c.hints, id)
		}
	}
	for _, h := range p.Hints[:min(len(p.Hints), maxHints)] {
		u, err := c.r.url.Parse(h.URI)
		id := key(h.URI, wholeResource)
		if _, asked := c.hints[id]; err != nil || asked || h.Type != "PART" || !h.Whole || p.Ended {
			continue
		}
		answer := make(chan response, 1)
		c.hints[id] = answer
		c.asking.Go(func() { c.ask(ctx, u, answer) })
	}
}

func (c *collector) ask(ctx context.Context, u *url.URL, answer chan<- response) {
	q := request{kind: kindHint, url: u, part: wholeResource}
	r, err := c.w.fetch.get(ctx, q)
	if err != nil {
		r = &response{} // status 0
	} else {
		checkHeaders(c.w.ledger, in(c.r.name), q, r)
	}
	answer <- *r
}
