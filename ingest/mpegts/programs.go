package mpegts

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

const (
	// maxPrograms bounds the programs that are looked at.
	maxPrograms = 16
	// programWait is how long the maps of programs that come earlier in the table are
	// waited for.
	programWait = 2 * time.Second
)

// programs chooses the program that is taken.
type programs struct {
	wanted uint16 // the number that the publisher asked for; 0: any

	partial []association // of a table that has more sections
	section byte          // the next one
	listed  []association // programs in the order of the table
	since   time.Time     // when programs were listed first
	maps    map[uint16]programMap
	chosen  uint16 // 0: none
}

// list takes a section of the association table. It reports whether the table is whole.
func (p *programs) list(s patSection, now time.Time) bool {
	if s.section == 0 {
		p.partial, p.section = nil, 0
	}
	if s.section != p.section {
		return false
	}
	p.section++
	for _, a := range s.programs {
		if (p.wanted == 0 || a.number == p.wanted) && len(p.partial) < maxPrograms {
			p.partial = append(p.partial, a)
		}
	}
	if s.section != s.last {
		return false
	}
	p.listed, p.partial, p.section = p.partial, nil, 0
	if p.since.IsZero() {
		p.since = now
	}
	for number := range p.maps {
		if !p.lists(number) {
			delete(p.maps, number)
		}
	}
	return true
}

func (p *programs) lists(number uint16) bool {
	return slices.ContainsFunc(p.listed, func(a association) bool { return a.number == number })
}

// describe takes a program map, and reports whether it is new.
func (p *programs) describe(m programMap) bool {
	if !p.lists(m.number) {
		return false
	}
	if old, known := p.maps[m.number]; known && old.equal(m) {
		return false
	}
	if p.maps == nil {
		p.maps = make(map[uint16]programMap)
	}
	p.maps[m.number] = m
	return true
}

// choose finds the program that is taken: the one taken so far, as long as there is
// something to play in it; else the first with video, else the first with sound. It
// reports false as long as another may have to be preferred.
func (p *programs) choose(now time.Time) (programMap, bool) {
	if m, ok := p.maps[p.chosen]; ok && plays(m) {
		return m, true
	}
	waits := now.Sub(p.since) < programWait
	var sound, silent *programMap
	for _, a := range p.listed {
		m, known := p.maps[a.number]
		switch {
		case !known && waits:
			return programMap{}, false
		case !known:
		case showsVideo(m):
			p.chosen = m.number
			return m, true
		case sound == nil && plays(m):
			sound = &m
		case silent == nil:
			silent = &m
		}
	}
	if sound == nil {
		sound = silent
	}
	if sound == nil {
		return programMap{}, false
	}
	p.chosen = sound.number
	return *sound, true
}

func showsVideo(m programMap) bool {
	_, ok := m.first(func(es elementaryStream) bool { return es.codec.playable() && es.codec.info().kind == media.Video })
	return ok
}

func plays(m programMap) bool {
	_, ok := m.first(func(es elementaryStream) bool { return es.codec.playable() })
	return ok
}

// numbers lists programs for people: "1, 2 and 7".
func numbers(list []association) string {
	var all []string
	for _, a := range list {
		all = append(all, strconv.Itoa(int(a.number)))
	}
	return enumerate(all)
}

// enumerate joins words as people do.
func enumerate(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
