package hls

import (
	"sync"
	"time"
)

// playback models the buffer of one player. It starts with exactly the hold-back
// in it once all tracks have caught up with the playlist, drains in real time, and
// stalls when any track runs dry. It is shared by the player's own loaders only.
type playback struct {
	shard *shard

	mu        sync.Mutex
	holdBack  time.Duration
	tracks    []trackBuffer
	at        time.Time // when the levels were true
	started   bool
	playing   bool
	stalledAt time.Time
	stalls    int
	over      bool // the stream or the run has ended: nothing counts any more
}

type trackBuffer struct {
	level    time.Duration // media ahead of the playhead
	caughtUp bool
}

// require sets the hold-back, of which the longest counts.
func (p *playback) require(holdBack time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holdBack = max(p.holdBack, holdBack)
}

// add buffers media.
func (p *playback) add(track int, d time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle(now)
	p.tracks[track].level += d
	p.resume(now)
}

// caughtUp says that a track has all that was listed when it began.
func (p *playback) caughtUp(track int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracks[track].caughtUp = true
	p.resume(now)
}

// resume starts or continues playback if there is enough.
func (p *playback) resume(now time.Time) {
	switch {
	case p.over, p.playing:
	case p.started: // a stall ends as soon as there is anything to show
		if p.least() > 0 {
			p.shard.stalledFor.Add(int64(now.Sub(p.stalledAt)))
			p.playing, p.at = true, now
		}
	case p.least() >= p.holdBack:
		for i := range p.tracks {
			if !p.tracks[i].caughtUp {
				return
			}
		}
		for i := range p.tracks { // what is older than the hold-back isn't played
			p.tracks[i].level = p.holdBack
		}
		p.started, p.playing, p.at = true, true, now
	}
}

// settle drains the buffer up to now.
func (p *playback) settle(now time.Time) {
	if !p.playing {
		return
	}
	drained, least := now.Sub(p.at), p.least()
	if drained > least {
		p.stalledAt = p.at.Add(least)
		drained, p.playing = least, false
		p.shard.stalls.Add(1)
		if p.stalls++; p.stalls == 1 {
			p.shard.stalledViewers.Add(1)
		}
	}
	for i := range p.tracks {
		p.tracks[i].level -= drained
	}
	p.at = now
}

// end stops the model: with a stream's end the buffer runs dry as it should. A
// stall that lasts until then is counted in full.
func (p *playback) end(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.settle(now)
	if p.started && !p.playing {
		p.shard.stalledFor.Add(int64(now.Sub(p.stalledAt)))
	}
	p.playing, p.over = false, true
}

func (p *playback) least() time.Duration {
	least := p.tracks[0].level
	for _, t := range p.tracks[1:] {
		least = min(least, t.level)
	}
	return least
}
