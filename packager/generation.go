package packager

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Generation is a set of a stream's media playlists under URLs of its own, with a shorter target
// duration than the playlists before it. EXT-X-TARGETDURATION must not change in a playlist
// (RFC 8216bis §6.2.1), so a stream whose keyframes came rarely at first would keep a long one
// for ever. The playlists of earlier generations go on under their own URLs, for the players that
// have them: what is no longer than the shorter target is no longer than theirs.
type Generation struct {
	TargetDuration int   `json:"target_duration"` // seconds
	First          int64 `json:"first"`           // media sequence number that its playlists begin with at the earliest
}

// suffix follows the rendition's name in the names of the generation's playlists.
func (l Generation) suffix() string { return "." + strconv.Itoa(l.TargetDuration) + "s" }

func (l Generation) target() time.Duration { return time.Duration(l.TargetDuration) * time.Second }

const (
	// generationTargets is how many target durations a generation's playlists begin with.
	generationTargets = 4
	// generationTrial is for how long an encoder that doesn't declare its keyframe interval must
	// have kept to it: what maxKeyInterval allows may not be seen before.
	generationTrial = maxKeyInterval + 10*time.Second
)

// considerGeneration begins a generation when the epoch's keyframes come more often than the target
// duration was made for. That is decided after a reconnect only: what an encoder does within
// one epoch is what it was set to when the target duration was chosen. It is called when
// the leading rendition has closed a segment; frame is the usual distance of its pictures, and
// keyInterval the longest between keyframes.
func (p *playlists) considerGeneration(led *playlist, frame media.Ticks, keyInterval time.Duration) {
	least := int(math.Ceil(p.cfg.SegmentDuration.Seconds()))
	if p.cfg.Static || p.cfg.DVR > p.liveWindow() || p.shortestTarget() <= time.Duration(least)*time.Second ||
		!led.IsVideo() || led.epoch == p.settledIn {
		return
	}
	generation, ok := led.generationOf(least, frame.Duration(media.VideoTimescale))
	if !ok || generation.target() >= p.shortestTarget() {
		return
	}
	for _, l := range p.lists {
		if !l.fitsGeneration(generation) {
			return
		}
	}
	p.beginGeneration(generation, frame, keyInterval)
}

// beginGeneration adds a generation. The segmenter cuts as it demands from here on.
func (p *playlists) beginGeneration(generation Generation, frame media.Ticks, keyInterval time.Duration) {
	p.params.Generations = append(slices.Clip(p.params.Generations), generation)
	p.params.Frame, p.params.KeyInterval = frame, min(keyInterval, generation.target())
	p.published.setTargets(p.target(), generation.target())
	p.published.multivariant.Store(nil)
	for _, l := range p.lists {
		l.changed = true
	}
	p.recordParams()
}

// generationOf is the generation that the last closed segments could be: those of the epoch, if they
// are whole groups of pictures for long enough.
func (p *playlist) generationOf(least int, frame time.Duration) (Generation, bool) {
	closed := p.window.closed
	longest, trial := p.track.KeyInterval, time.Duration(0)
	if longest == 0 {
		trial = generationTrial
	}
	var total time.Duration
	for i := len(closed) - 1; i >= 0 && closed[i].Epoch == p.epoch; i-- {
		if closed[i].Gap || closed[i].Dependent {
			break
		}
		total += closed[i].Duration
		longest = max(longest, closed[i].Duration)
		target := max(least, wholeSeconds(longest, frame))
		if total >= max(trial, time.Duration(generationTargets*target)*time.Second) {
			return Generation{TargetDuration: target, First: closed[i].MSN}, true
		}
	}
	return Generation{}, false
}

// fitsGeneration reports whether the rendition's segments are as long as the generation allows (§4.4.3.1).
func (p *playlist) fitsGeneration(generation Generation) bool {
	closed := p.window.closed
	for i := len(closed) - 1; i >= 0 && closed[i].MSN >= generation.First; i-- {
		if int(math.Round(closed[i].Duration.Seconds())) > generation.TargetDuration {
			return false
		}
	}
	return true
}

// newestGeneration is the generation whose playlists new viewers are given, if every rendition that can be
// played has something of it.
func (p *playlists) newestGeneration() (Generation, bool) {
	n := len(p.params.Generations)
	if n == 0 || p.ended || p.cfg.Static {
		return Generation{}, false
	}
	generation := p.params.Generations[n-1]
	for _, l := range p.lists {
		if l.isPlayable(0) && !l.isPlayable(generation.First) {
			return Generation{}, false
		}
	}
	return generation, true
}

// Playlist finds the media playlist of a file's name without its extension: which rendition
// it is of, of which generation (0: the first), and whether it is the one of keyframes.
func (p *published) Playlist(name string) (r *Rendition, target int, iFrames, ok bool) {
	name, iFrames = strings.CutSuffix(name, IFramesSuffix)
	if r, ok = p.Rendition(name); !ok {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return nil, 0, false, false
		}
		digits, seconds := strings.CutSuffix(name[dot+1:], "s")
		target, _ = strconv.Atoi(digits)
		if r, ok = p.Rendition(name[:dot]); !seconds || target <= 0 || Generation.suffix(Generation{TargetDuration: target}) != name[dot:] {
			return nil, 0, false, false
		}
	}
	return r, target, iFrames, ok && (!iFrames || r.IsVideo())
}

// generationView is a snapshot as the playlists of a generation show it.
type generationView struct {
	Generation
	from      int // index in Snapshot.closed
	listed    int // the last so many closed segments are listed with their parts
	documents [skipCount]Document
	iFrames   Document
}

// In is the view of the generation with the target duration, in seconds; 0 is the first. It
// reports false if there is no such generation, or nothing of it yet.
func (s *Snapshot) In(target int) (RenditionView, bool) {
	if target == 0 {
		return RenditionView{s, nil}, true
	}
	for _, l := range s.generations {
		if l.TargetDuration == target {
			return RenditionView{s, l}, true
		}
	}
	return RenditionView{}, false
}

// RenditionView is the playlists of one generation of a rendition at one moment.
type RenditionView struct {
	*Snapshot
	generation *generationView // nil: the first
}

// Playlist is the media playlist, as [Snapshot.Playlist].
func (v RenditionView) Playlist(skip Skip) *Document {
	if v.generation == nil {
		return v.Snapshot.Playlist(skip)
	}
	return &v.generation.documents[skip]
}

// IFrames is the playlist of keyframes, as [Snapshot.IFrames].
func (v RenditionView) IFrames() *Document {
	if v.generation == nil {
		return v.Snapshot.IFrames()
	}
	return &v.generation.iFrames
}

// addGenerations makes the documents of the generations ready to be asked for.
func (s *Snapshot) addGenerations(all []Generation) {
	for _, generation := range all {
		v := &generationView{Generation: generation}
		for v.from < len(s.closed) && s.closed[v.from].MSN < generation.First {
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
			v.listed = min(v.listed, s.countWithParts(generation.target()))
		}
		for skip := range v.documents {
			v.documents[skip].compose = func() []piece {
				return s.listSelection(selection{form: formMedia, from: v.from, to: len(s.closed), skip: Skip(skip), live: !s.Ended, generation: v})
			}
		}
		v.iFrames.compose = func() []piece {
			return s.listSelection(selection{form: formIFrames, from: v.from, to: len(s.closed), live: !s.Ended, generation: v})
		}
		s.generations = append(s.generations, v)
	}
}
