package cmcd

import (
	"net/netip"
	"time"
)

// session is what must be known of a player to tell what its next report adds.
// Its shard's lock guards it.
type session struct {
	group   *group
	asked   groupKey // as the reports had it
	votes   bool     // counts for a CDN's health
	address netip.Addr

	watching bool // in its group's sessions
	live     bool // in its group's viewers

	seen    time.Time // when it was last heard, by our clock
	at      time.Time // of its last event, by its own clock or else ours
	state   State
	bitrate int64

	exact  bool // it reports how long starvations took
	video  bool // its media requests are for pictures too
	begun  bool // its startup was counted
	judged verdicts

	credit   time.Duration // of playback that may be counted
	credited time.Time     // when credit was last filled; zero: never
}

// What a session is believed: to have been delivered ahead reserve of playback at first
// (players of recordings fetch minutes ahead), and then pace times as much as time goes
// by, for picture and sound apart, seeking, and playing fast. Without such a bound one
// report could put a day at 10 Gbit/s on the bill.
const (
	reserve = 4 * time.Minute
	pace    = 4
)

// afford is as much of d as the session is believed.
func (s *session) afford(d time.Duration, now time.Time) time.Duration {
	if s.credited.IsZero() {
		s.credit = reserve
	} else {
		s.credit = min(s.credit+pace*min(now.Sub(s.credited), reserve), reserve)
	}
	s.credited = now
	d = min(d, s.credit)
	s.credit -= d
	return d
}

// left tells of states in which a player has no more to do with the stream.
func (s State) left() bool { return s == Ended || s == Fatal || s == Quit }

// count has the session counted in its group as long as it watches.
func (s *session) count(watching, live bool) {
	if watching != s.watching {
		s.watching = watching
		s.group.sessions.Add(delta(watching))
	}
	if live != s.live {
		s.live = live
		s.group.viewers.Add(delta(live))
	}
}

func delta(more bool) int64 {
	if more {
		return 1
	}
	return -1
}

// longestGap bounds the time between two events that counts as played or stalled:
// beyond it reports were lost, or the player slept. Browsers let hidden pages act once
// a minute.
const longestGap = sessionTTL

// observe adds a report to the session's group.
func (s *session) observe(c *Collector, r *Report, now time.Time) {
	s.seen = now
	var sum totals
	if r.Event == "" && r.State == Unknown {
		s.request(r, &sum, now)
	} else if !s.event(r, &sum, now) {
		return
	}
	if r.HasStartDelay && !s.begun {
		s.begun = true
		sum.startup.add(r.StartDelay)
	}
	if r.HasLatency {
		sum.latency.add(r.Latency.Seconds())
	}
	if r.HasBuffer {
		sum.buffer.add(r.Buffer.Seconds())
	}
	if r.Throughput > 0 {
		sum.throughput.add(float64(r.Throughput))
	}
	s.group.add(now, func(t *totals) { t.merge(&sum) })
	s.judge(c, r, &sum, now)
}

// request takes the keys of a media request: the object's duration will be played,
// and its bit rate delivered. Sound counts as watching only if there is no picture.
func (s *session) request(r *Report, sum *totals, now time.Time) {
	sum.requests = 1
	if r.Starved {
		sum.stalls = 1
	}
	switch r.Object {
	case "v", "av":
		s.video = true
	case "a", "":
	default:
		return // playlists and the like have no bit rate that is played
	}
	d := s.afford(r.Duration, now)
	sum.bytes = r.Bitrate * d.Milliseconds() / 8000
	if s.video && r.Object == "a" {
		return
	}
	sum.played = d
	if r.Bitrate > 0 {
		s.bitrate = r.Bitrate
	}
}

// event takes an event. The time since the one before was spent in the state that
// the one before told. It reports false for events that come too late to mean
// anything.
func (s *session) event(r *Report, sum *totals, now time.Time) bool {
	at := r.At
	if at.IsZero() {
		at = now
	}
	if !s.at.IsZero() {
		gap := at.Sub(s.at)
		if gap < 0 && gap > -longestGap {
			return r.Event == "e" || r.Event == "rr" // sent again, after others
		}
		s.spend(s.afford(min(max(gap, 0), longestGap), now), sum)
	}
	s.at = at
	if r.HasStarvedFor {
		s.exact = true
		if r.StarvedFor > 0 {
			sum.stalls++
			sum.stalled += s.afford(r.StarvedFor, now)
		}
	} else if !s.exact && r.State == Rebuffering && s.state != Rebuffering {
		sum.stalls++
	}
	if r.State != Unknown {
		s.state = r.State
	}
	if r.Bitrate > 0 && r.Event != "rr" {
		s.bitrate = r.Bitrate
	}
	if r.Event == "rr" {
		sum.requests++
	}
	return true
}

// spend counts time in the present state.
func (s *session) spend(d time.Duration, sum *totals) {
	switch s.state {
	case Playing:
		sum.played += d
		sum.bytes += s.bitrate / 8 * d.Milliseconds() / 1000
	case Rebuffering:
		if !s.exact {
			sum.stalled += d
		}
	}
}

// failed reports an event that tells of an error.
func (r *Report) failed() bool {
	return r.Event == "e" || (r.State == Fatal && r.Event != "t") || r.Event == "rr" && r.HasStatus && (r.Status == 0 || r.Status >= 500)
}
