package packager

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Life is a generation of a stream's media playlists under URLs of its own, with a shorter target
// duration than the playlists before it. EXT-X-TARGETDURATION must not change in a playlist
// (RFC 8216bis §6.2.1), so a stream whose keyframes came rarely at first would keep a long one
// for ever. The playlists of earlier lives go on under their own URLs, for the players that
// have them: what is no longer than the shorter target is no longer than theirs.
type Life struct {
	TargetDuration int   `json:"target_duration"` // seconds
	First          int64 `json:"first"`           // media sequence number that its playlists begin with at the earliest
}

// suffix follows the rendition's name in the names of the life's playlists.
func (l Life) suffix() string { return "." + strconv.Itoa(l.TargetDuration) + "s" }

func (l Life) target() time.Duration { return time.Duration(l.TargetDuration) * time.Second }

const (
	// lifeTargets is how many target durations a life's playlists begin with.
	lifeTargets = 4
	// lifeTrial is for how long an encoder that doesn't declare its keyframe interval must
	// have kept to it: what maxKeyInterval allows may not be seen before.
	lifeTrial = maxKeyInterval + 10*time.Second
)

// considerLife begins a life when the publication's keyframes come more often than the target
// duration was made for. That is decided after a reconnect only: what an encoder does within
// one publication is what it was set to when the target duration was chosen. It is called when
// the leading rendition has closed a segment; frame is the usual distance of its pictures, and
// keyInterval the longest between keyframes.
func (p *playlists) considerLife(led *playlist, frame media.Ticks, keyInterval time.Duration) {
	least := int(math.Ceil(p.cfg.SegmentDuration.Seconds()))
	if p.cfg.Static || p.cfg.DVR > p.liveWindow() || p.shortestTarget() <= time.Duration(least)*time.Second ||
		!led.IsVideo() || led.publication == p.settledIn {
		return
	}
	life, ok := led.lifeOf(least, frame.Duration(media.VideoTimescale))
	if !ok || life.target() >= p.shortestTarget() {
		return
	}
	for _, l := range p.lists {
		if !l.fitsLife(life) {
			return
		}
	}
	p.beginLife(life, frame, keyInterval)
}

// beginLife adds a life. The segmenter cuts as it demands from here on.
func (p *playlists) beginLife(life Life, frame media.Ticks, keyInterval time.Duration) {
	p.params.Lives = append(slices.Clip(p.params.Lives), life)
	p.params.Frame, p.params.KeyInterval = frame, min(keyInterval, life.target())
	p.published.setTargets(p.target(), life.target())
	p.published.multivariant.Store(nil)
	for _, l := range p.lists {
		l.changed = true
	}
	p.recordParams()
}

// lifeOf is the life that the last closed segments could be: those of the publication, if they
// are whole groups of pictures for long enough.
func (p *playlist) lifeOf(least int, frame time.Duration) (Life, bool) {
	closed := p.window.closed
	longest, trial := p.track.KeyInterval, time.Duration(0)
	if longest == 0 {
		trial = lifeTrial
	}
	var total time.Duration
	for i := len(closed) - 1; i >= 0 && closed[i].Publication == p.publication; i-- {
		if closed[i].Gap || closed[i].Dependent {
			break
		}
		total += closed[i].Duration
		longest = max(longest, closed[i].Duration)
		target := max(least, wholeSeconds(longest, frame))
		if total >= max(trial, time.Duration(lifeTargets*target)*time.Second) {
			return Life{TargetDuration: target, First: closed[i].MSN}, true
		}
	}
	return Life{}, false
}

// fitsLife reports whether the rendition's segments are as long as the life allows (§4.4.3.1).
func (p *playlist) fitsLife(life Life) bool {
	closed := p.window.closed
	for i := len(closed) - 1; i >= 0 && closed[i].MSN >= life.First; i-- {
		if int(math.Round(closed[i].Duration.Seconds())) > life.TargetDuration {
			return false
		}
	}
	return true
}

// newestLife is the life whose playlists new viewers are given, if every rendition that can be
// played has something of it.
func (p *playlists) newestLife() (Life, bool) {
	n := len(p.params.Lives)
	if n == 0 || p.ended || p.cfg.Static {
		return Life{}, false
	}
	life := p.params.Lives[n-1]
	for _, l := range p.lists {
		if l.isPlayable(0) && !l.isPlayable(life.First) {
			return Life{}, false
		}
	}
	return life, true
}

// Playlist finds the media playlist of a file's name without its extension: which rendition
// it is of, of which life (0: the first), and whether it is the one of keyframes.
func (p *published) Playlist(name string) (r *Rendition, target int, iFrames, ok bool) {
	name, iFrames = strings.CutSuffix(name, IFramesSuffix)
	if r, ok = p.Rendition(name); !ok {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return nil, 0, false, false
		}
		digits, seconds := strings.CutSuffix(name[dot+1:], "s")
		target, _ = strconv.Atoi(digits)
		if r, ok = p.Rendition(name[:dot]); !seconds || target <= 0 || Life.suffix(Life{TargetDuration: target}) != name[dot:] {
			return nil, 0, false, false
		}
	}
	return r, target, iFrames, ok && (!iFrames || r.IsVideo())
}

// lifeView is a snapshot as the playlists of a life show it.
type lifeView struct {
	Life
	from      int // index in Snapshot.closed
	listed    int // the last so many closed segments are listed with their parts
	documents [skipCount]Document
	iFrames   Document
}

// In is the view of the life with the target duration, in seconds; 0 is the first. It
// reports false if there is no such life, or nothing of it yet.
func (s *Snapshot) In(target int) (View, bool) {
	if target == 0 {
		return View{s, nil}, true
	}
	for _, l := range s.lives {
		if l.TargetDuration == target {
			return View{s, l}, true
		}
	}
	return View{}, false
}

// View is the playlists of one life of a rendition at one moment.
type View struct {
	*Snapshot
	life *lifeView // nil: the first
}

// Playlist is the media playlist, as [Snapshot.Playlist].
func (v View) Playlist(skip Skip) *Document {
	if v.life == nil {
		return v.Snapshot.Playlist(skip)
	}
	return &v.life.documents[skip]
}

// IFrames is the playlist of keyframes, as [Snapshot.IFrames].
func (v View) IFrames() *Document {
	if v.life == nil {
		return v.Snapshot.IFrames()
	}
	return &v.life.iFrames
}

// addLives makes the documents of the lives ready to be asked for.
func (s *Snapshot) addLives(all []Life) {
	for _, life := range all {
		v := &lifeView{Life: life}
		for v.from < len(s.closed) && s.closed[v.from].MSN < life.First {
			v.from++
		}
		if v.from == len(s.closed) {
			continue // nothing to list
		}
		for i := v.from; i < len(s.closed); i++ {
			if !s.closed[i].Gap { // some players reject playlists that begin with gaps
				v.from = i
				break
			}
		}
		if v.listed = len(s.closed) - v.from; !s.Ended {
			v.listed = min(v.listed, s.countWithParts(life.target()))
		}
		for skip := range v.documents {
			v.documents[skip].compose = func() []piece {
				return s.listSelection(selection{form: formMedia, from: v.from, to: len(s.closed), skip: Skip(skip), live: !s.Ended, life: v})
			}
		}
		v.iFrames.compose = func() []piece {
			return s.listSelection(selection{form: formIFrames, from: v.from, to: len(s.closed), live: !s.Ended, life: v})
		}
		s.lives = append(s.lives, v)
	}
}
