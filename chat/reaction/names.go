package reaction

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Heart is the reaction that every room has.
const Heart = "heart"

// key stands for a reaction's name: a colour is its 24 bits, the others count up
// from firstName in the order of the configuration.
type key uint32

const (
	firstName key = 1 << 24
	heart         = firstName
)

// names knows the reactions that may be tapped besides colours.
type names struct {
	keys  map[string]key
	texts []string
}

// newNames numbers the emotes after the heart; the numbers are this process's own.
func newNames(emotes []string) *names {
	n := &names{keys: map[string]key{Heart: heart}, texts: []string{Heart}}
	for _, emote := range emotes {
		if _, taken := n.keys[emote]; !taken && emote != "" && emote[0] != '#' {
			n.keys[emote] = firstName + key(len(n.texts))
			n.texts = append(n.texts, emote)
		}
	}
	return n
}

// key is false for what is neither an emote nor a colour #rrggbb.
func (n *names) key(name string) (key, bool) {
	if len(name) == 7 && name[0] == '#' {
		return parseColor(name[1:])
	}
	k, ok := n.keys[name]
	return k, ok
}

func (n *names) text(k key) string {
	if k.isColor() {
		return fmt.Sprintf("#%06x", uint32(k))
	}
	return n.texts[k-firstName]
}

func (k key) isColor() bool { return k < firstName }

func parseColor(hex string) (key, bool) {
	var k key
	for i := range len(hex) {
		c := hex[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		k = k<<4 | key(c)
	}
	return k, true
}

// sums has reactions by key.
type sums map[key]int

// add counts, or folds into what stands nearest once there are limit names: a room
// must not grow with what is tapped in it.
func (s sums) add(k key, count, limit int) {
	if _, known := s[k]; !known && len(s) >= limit {
		k = s.nearest(k)
	}
	s[k] += count
}

// nearest is the most similar colour that is counted; anything else, and a colour
// where there is none, is a heart.
func (s sums) nearest(k key) key {
	best, distance := heart, 1<<30
	if !k.isColor() {
		return best
	}
	for other := range s {
		if !other.isColor() {
			continue
		}
		if d := colorDistance(k, other); d < distance || d == distance && other < best {
			best, distance = other, d
		}
	}
	return best
}

// colorDistance weighs the channels about as the eye does (after the "redmean"
// approximation, without its dependence on red).
func colorDistance(a, b key) int {
	channel := func(shift uint) int { return int(a>>shift&0xff) - int(b>>shift&0xff) }
	r, g, blue := channel(16), channel(8), channel(0)
	return 3*r*r + 4*g*g + 2*blue*blue
}

// Limits of a tick. Whatever is tapped, its counts stay within about a hundred bytes,
// which is 500 bytes a second.
const (
	maxPulseNames = 6
	maxPulseBytes = 96
)

// fold names the sums, the largest first as far as there is room; the rest is added
// to what stands nearest, so that no tap is lost.
func (n *names) fold(all sums) map[string]int {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b key) int {
		return cmp.Or(cmp.Compare(all[b], all[a]), cmp.Compare(a, b))
	})
	kept := make(sums, maxPulseNames)
	room := maxPulseBytes - len(`"heart":1000000,`) // what is no colour may fold into it
	for _, k := range keys {
		size := len(n.text(k)) + len(`"":1000000,`)
		switch {
		case k == heart:
			kept[k] += all[k]
		case len(kept) < maxPulseNames && size <= room:
			kept[k] += all[k]
			room -= size
		default:
			kept[kept.nearest(k)] += all[k]
		}
	}
	named := make(map[string]int, len(kept))
	for k, count := range kept {
		named[n.text(k)] = count
	}
	return named
}
