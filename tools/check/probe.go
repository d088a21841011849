package check

import (
	"context"
	"net/url"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

// A round of awkward questions comes every so many ticks. What has left the playlist
// is looked for at each tick, since it need not stay for long.
const (
	probeTick  = 500 * time.Millisecond
	probeEvery = 6
)

// prober asks one rendition's server what a player seldom asks.
type prober struct {
	w *watcher
	r *rendition
}

// probe goes on until ctx ends.
func (w *watcher) probe(ctx context.Context, r *rendition) {
	p := prober{w, r}
	for tick := -1; ; tick++ {
		if retry.Sleep(ctx, probeTick); ctx.Err() != nil {
			return
		}
		latest := r.playlist()
		if latest == nil || latest.Ended {
			continue
		}
		p.departures(ctx)
		if tick%probeEvery == 0 {
			p.round(ctx, latest)
		}
	}
}

// playlist is the latest one; nil before the first.
func (r *rendition) playlist() *mediaPlaylist {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latest
}

func (p prober) round(ctx context.Context, latest *mediaPlaylist) {
	plain := p.uncompressed(ctx)
	if latest.Control.CanBlockReload {
		p.existing(ctx, latest, plain)
		p.refusals(ctx, latest)
		p.rollover(ctx)
		p.twins(ctx)
	}
	p.delta(ctx)
}

// uncompressed asks without gzip, and measures how long a plain request takes.
func (p prober) uncompressed(ctx context.Context) time.Duration {
	q := request{kind: kindProbe, url: p.r.address(nil), part: wholeResource}
	answer, err := p.w.fetch.get(ctx, q)
	if err != nil || answer.status != 200 {
		return 0
	}
	checkHeaders(p.w.ledger, in(p.r.name), q, answer)
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.trips = keep(p.r.trips, answer.took().Seconds())
	return answer.took()
}

// existing asks for positions that are there already.
func (p prober) existing(ctx context.Context, latest *mediaPlaylist, plain time.Duration) {
	var took []time.Duration
	for _, at := range []place{{latest.MediaSequence, -1}, {latest.lastComplete(), -1}, {latest.lastComplete(), 0}} {
		if at.MSN < 0 || at.MSN > latest.lastComplete() {
			continue
		}
		answer, err := p.ask(ctx, directives(at))
		if err == nil && answer.status == 200 {
			took = append(took, answer.took())
		}
	}
	checkAtOnce(p.w.ledger, p.r.name, took, plain, latest.PartTarget, p.w.cfg.Slack)
}

func (p prober) ask(ctx context.Context, extra url.Values) (*response, error) {
	return p.w.fetch.get(ctx, request{kind: kindProbe, url: p.r.address(extra), part: wholeResource, gzip: true})
}

// refusalWait is how long a server may take to refuse.
const refusalWait = time.Second

// refusals asks for what no server should hold a request for.
func (p prober) refusals(ctx context.Context, latest *mediaPlaylist) {
	edge := latest.edge()
	asked := []struct {
		rule  ruleID
		extra url.Values
	}{
		{ruleBlockPartAlone, url.Values{"_HLS_part": {"0"}}},
		{ruleBlockTooFar, directives(place{edge.MSN + 50, -1})},
		{ruleBlockTooFar, directives(place{latest.next().MSN, advanceLimit(latest)})},
	}
	if latest.PartTarget == 0 {
		asked = asked[1:2]
	}
	for _, a := range asked {
		quick, cancel := context.WithTimeout(ctx, refusalWait)
		answer, err := p.ask(quick, a.extra)
		cancel()
		status := 0
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			status = answer.status
		}
		checkRefusal(p.w.ledger, a.rule, p.r.name, a.extra.Encode(), status)
	}
}

// advanceLimit is a part number well beyond the Advance Part Limit (§6.2.5.2) of the
// segment that comes next, though more parts come while we ask.
func advanceLimit(p *mediaPlaylist) int {
	ahead := 3
	if p.PartTarget > 0 && p.PartTarget < time.Second {
		ahead = int(3*time.Second/p.PartTarget) + 1
	}
	return p.next().Part + 4*ahead
}

// rollover asks for the part behind the last complete segment's last.
func (p prober) rollover(ctx context.Context) {
	latest := p.r.playlist()
	last := latest.find(latest.lastComplete())
	if last == nil || len(last.Parts) == 0 {
		return
	}
	asked := place{last.MSN, len(last.Parts)}
	answer, err := p.ask(ctx, directives(asked))
	if err != nil || answer.status != 200 {
		return
	}
	checkRollover(p.w.ledger, p.r.name, asked, parseMediaPlaylist(answer.body))
}

// maxTwins is how often two answers may differ before it is no accident.
const maxTwins = 3

// twins asks for the next part twice at the same time.
func (p prober) twins(ctx context.Context) {
	var pairs [][2][]byte
	for range maxTwins {
		extra := directives(p.r.playlist().next())
		other := make(chan *response, 1)
		go func() {
			r, _ := p.ask(ctx, extra)
			other <- r
		}()
		a, err := p.ask(ctx, extra)
		b := <-other
		if err != nil || b == nil || a.status != 200 || b.status != 200 {
			return
		}
		pairs = append(pairs, [2][]byte{a.body, b.body})
		if string(a.body) == string(b.body) {
			break
		}
	}
	checkIdentical(p.w.ledger, p.r.name, pairs)
}

// delta asks for a delta update and a full playlist of the same position.
func (p prober) delta(ctx context.Context) {
	latest := p.r.playlist()
	position := url.Values{}
	if latest.Control.CanBlockReload {
		position = directives(latest.next())
	}
	full, answer := p.w.load(ctx, p.r, kindProbe, position)
	if full == nil || answer.status != 200 {
		return
	}
	words := []string{"YES"}
	if full.Control.CanSkipDateRanges {
		words = append(words, "v2")
	}
	for _, word := range words {
		position.Set("_HLS_skip", word)
		update, _ := p.w.load(ctx, p.r, kindProbe, position)
		switch {
		case update == nil:
			return
		case full.Control.CanSkipUntil == 0:
			checkNoDelta(p.w.ledger, p.r.name, update)
		default:
			checkFaults(p.w.ledger, in(p.r.name), update.Faults, nil)
			checkDelta(p.w.ledger, p.r.name, full, update, word == "v2")
		}
	}
}

// departures asks for what has left the playlist. What went first has to be there
// for the shortest time.
func (p prober) departures(ctx context.Context) {
	p.r.mu.Lock()
	due := p.r.departed
	p.r.departed = nil
	p.r.mu.Unlock()
	for _, d := range due {
		u, err := p.r.url.Parse(d.uri)
		if err != nil || time.Now().Add(probeTick/2).After(d.until) {
			continue
		}
		answer, err := p.w.fetch.get(ctx, request{kind: kindPart, url: u, part: d.part})
		if err == nil {
			checkDeparture(p.w.ledger, d, answer.status)
		}
	}
}

// checkEnded asks once more, with directives, after the playlist has ended.
func (w *watcher) checkEnded(ctx context.Context, r *rendition, p *mediaPlaylist) {
	extra := directives(place{p.lastComplete() + 1, -1})
	answer, err := w.fetch.get(ctx, request{kind: kindProbe, url: r.address(extra), part: wholeResource, gzip: true})
	if err != nil || ctx.Err() != nil {
		return
	}
	var after *mediaPlaylist
	if answer.status == 200 {
		after = parseMediaPlaylist(answer.body)
	}
	checkEndedAnswer(w.ledger, r.name, p, after, answer.took(), w.cfg.Slack)
}
