package steering

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxRests bounds the doubling of a rest: 2 min become 32.
	maxRests = 4
	// probationTime is how long a pathway must do well with few viewers; it is the
	// window that Health looks back over, so that nothing older counts.
	probationTime = time.Minute
	// comparable is how much worse than the best of the others a pathway must be to be
	// to blame itself: when all are bad alike it is the stream or the origin.
	comparable = 2
)

// look judges every pathway once. Not more than one is demoted at a time: what the
// others suffer may be its viewers' arrival.
func (d *Director) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed, now := false, time.Now()
	for _, w := range d.ways {
		w.health = d.health(w.Name)
	}
	for _, w := range d.ways {
		if w.mode != Auto {
			continue
		}
		switch w.state {
		case Good, Probation:
			if reason := d.fault(w); reason != "" && d.spared(w) {
				d.demote(w, reason)
				d.publish()
				return
			}
			if w.state == Probation && now.Sub(w.since) >= probationTime && d.recovered(w, now) {
				w.become(Good, "")
				w.rests = 0
				changed = true
				d.cfg.Log.Info("pathway is good again", "pathway", w.Name, "sessions", w.health.Sessions, "failed", w.health.Failed)
			}
		case Demoted:
			if now.Sub(w.since) >= d.rest(w) {
				w.become(Probation, w.reason)
				changed = true
				d.cfg.Log.Info("pathway on probation", "pathway", w.Name, "share", probationShare)
			}
		}
	}
	if changed {
		d.publish()
	}
}

func (d *Director) demote(w *standing, reason string) {
	w.become(Demoted, reason)
	w.rests++
	w.demotions++
	d.cfg.Log.Warn("pathway demoted", "pathway", w.Name, "reason", reason,
		"sessions", w.health.Sessions, "failed", w.health.Failed, "stalled", w.health.Stalled, "rest", d.rest(w))
}

// rest is how long a demoted pathway is left alone.
func (d *Director) rest(w *standing) time.Duration {
	return d.cfg.Rest << min(max(w.rests-1, 0), maxRests)
}

// fault says what is wrong with a pathway, or "".
func (d *Director) fault(w *standing) string {
	h := w.health
	enough := d.cfg.MinSessions
	if w.state == Probation {
		enough = (enough + 3) / 4 // few are sent there
	}
	if h.Sessions < enough || h.Sessions == 0 {
		return ""
	}
	failed, stalled := share(h.Failed, h), share(h.Stalled, h)
	bestFailed, bestStalled := d.bestOfOthers(w)
	switch {
	case failed > d.cfg.MaxFailed && failed >= comparable*bestFailed:
		return fmt.Sprintf("errors in %d of %d sessions", h.Failed, h.Sessions)
	case stalled > d.cfg.MaxStalled && stalled >= comparable*bestStalled:
		return fmt.Sprintf("stalls in %d of %d sessions", h.Stalled, h.Sessions)
	}
	return ""
}

// bestOfOthers is the least share of errors and of stalls on other pathways that
// viewers are sent to. Those without enough viewers are taken for fine.
func (d *Director) bestOfOthers(w *standing) (failed, stalled float64) {
	first := true
	for _, o := range d.ways {
		if o == w || o.mode == Off || o.state != Good {
			continue
		}
		f, s := 0.0, 0.0
		if o.health.Sessions >= d.cfg.MinSessions {
			f, s = share(o.health.Failed, o.health), share(o.health.Stalled, o.health)
		}
		if first {
			failed, stalled = f, s
		}
		failed, stalled, first = min(failed, f), min(stalled, s), false
	}
	return failed, stalled
}

func share(n int, h Health) float64 { return float64(n) / float64(h.Sessions) }

// spared reports whether viewers have somewhere good to go without w.
func (d *Director) spared(w *standing) bool {
	return slices.ContainsFunc(d.ways, func(o *standing) bool { return o != w && o.mode != Off && o.state == Good })
}

// recovered reports whether a pathway in probation did well. One that nobody came to
// see for long gets its chance too.
func (d *Director) recovered(w *standing, now time.Time) bool {
	h := w.health
	if h.Sessions < (d.cfg.MinSessions+3)/4 || h.Sessions == 0 {
		return now.Sub(w.since) >= 3*probationTime && h.Failed == 0
	}
	return share(h.Failed, h) <= d.cfg.MaxFailed/2 && share(h.Stalled, h) <= d.cfg.MaxStalled/2
}
