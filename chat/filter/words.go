package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a list of words.
const (
	MaxWords = 10_000
	MaxWord  = 64 // runes of a word or phrase
)

// ErrWord reports a word that can't be looked for; the text around it says why.
var ErrWord = errors.New("filter: not a word")

// Words is a compiled list, immutable.
//
// A match begins and ends at a word's end. In Hangul it never cuts a syllable, and
// single jamo beside a syllable (바보ㅋㅋ) are no part of its word; in katakana it is a
// run of katakana; in scripts without spaces (Han, Hiragana, Thai, Lao, Khmer,
// Burmese) it may be anywhere.
type Words struct {
	patterns []pattern
	nodes    []node
	edges    []edge // of all nodes, each node's sorted by rune
}

// pattern is a word as runs of letters.
type pattern struct {
	word        string
	runs        []run
	open        [2]bool // a star before, after
	first, last unit
	letters     int
}

// run is a letter n times.
type run struct {
	r     rune
	n     int32
	start int32 // index of its first unit
}

// node of the Aho-Corasick automaton over runs' letters.
type node struct {
	edges, count int32 // slice of Words.edges
	fail         int32 // longest proper suffix that is a node
	out          int32 // nearest node along fail that ends patterns; 0: none
	patterns     []int32
}

type edge struct {
	r  rune
	to int32
}

// Compile makes an automaton of words. Errors are of [ErrWord]; a list with more than
// [MaxWords] is refused as a whole.
func Compile(words []string) (*Words, error) {
	if len(words) > MaxWords {
		return nil, fmt.Errorf("%w: %d of them are more than %d", ErrWord, len(words), MaxWords)
	}
	w := &Words{}
	for _, word := range words {
		p, err := compile(word)
		if err != nil {
			return nil, err
		}
		w.patterns = append(w.patterns, p)
	}
	w.build()
	return w, nil
}

// Valid tells why a word can't be looked for; nil if it can.
func Valid(word string) error {
	_, err := compile(word)
	return err
}

func compile(word string) (pattern, error) {
	p := pattern{word: word}
	if n := utf8.RuneCountInString(word); n > MaxWord {
		return p, fmt.Errorf("%w: %d characters are more than %d", ErrWord, n, MaxWord)
	}
	core := strings.TrimSpace(word)
	core, p.open[0] = strings.CutPrefix(core, "*")
	core, p.open[1] = strings.CutSuffix(core, "*")
	if strings.Contains(core, "*") {
		return p, fmt.Errorf("%w: in %q a star stands inside; it may begin or end a word", ErrWord, word)
	}
	text := Fold(core)
	units := text.stream(way{})
	if slices.ContainsFunc(text.units, func(u unit) bool { return u.class == signs }) {
		units = text.stream(way{leet: true}) // a$$ would else be the word a
	}
	units = trim(units)
	if len(units) == 0 {
		return p, fmt.Errorf("%w: %q holds no letters", ErrWord, word)
	}
	if units[0].inner {
		units[0].inner = false
	}
	p.runs = runs(units)
	p.first, p.last, p.letters = units[0], units[len(units)-1], len(units)
	return p, nil
}

// trim takes spaces off both ends.
func trim(units []unit) []unit {
	for len(units) > 0 && units[0].class == between {
		units = units[1:]
	}
	for len(units) > 0 && units[len(units)-1].class == between {
		units = units[:len(units)-1]
	}
	return units
}

// runs gathers equal letters.
func runs(units []unit) []run {
	list := make([]run, 0, len(units))
	for i, u := range units {
		if n := len(list); n > 0 && list[n-1].r == u.r && u.class != between {
			list[n-1].n++
			continue
		}
		list = append(list, run{r: u.r, n: 1, start: int32(i)})
	}
	return list
}

// build makes the automaton: a trie, laid flat, then the links to shorter suffixes.
func (w *Words) build() {
	children := []map[rune]int32{{}}
	ends := [][]int32{nil}
	for i, p := range w.patterns {
		at := int32(0)
		for _, run := range p.runs {
			next, ok := children[at][run.r]
			if !ok {
				next = int32(len(children))
				children[at][run.r] = next
				children, ends = append(children, map[rune]int32{}), append(ends, nil)
			}
			at = next
		}
		ends[at] = append(ends[at], int32(i))
	}
	w.nodes = make([]node, len(children))
	for i, to := range children {
		w.nodes[i] = node{edges: int32(len(w.edges)), count: int32(len(to)), patterns: ends[i]}
		for r, next := range to {
			w.edges = append(w.edges, edge{r, next})
		}
		slices.SortFunc(w.edges[w.nodes[i].edges:], func(a, b edge) int { return int(a.r - b.r) })
	}
	w.link()
}

// link walks the trie by breadth, so that shorter suffixes are linked first.
func (w *Words) link() {
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		n := w.nodes[at]
		for _, e := range w.edges[n.edges : n.edges+n.count] {
			child := &w.nodes[e.to]
			if at != 0 {
				child.fail = w.step(n.fail, e.r)
			}
			child.out = child.fail
			if len(w.nodes[child.fail].patterns) == 0 {
				child.out = w.nodes[child.fail].out
			}
			queue = append(queue, e.to)
		}
	}
}

// step follows a letter.
func (w *Words) step(at int32, r rune) int32 {
	for {
		n := &w.nodes[at]
		edges := w.edges[n.edges : n.edges+n.count]
		low, high := 0, len(edges)
		for low < high {
			if middle := (low + high) / 2; edges[middle].r < r {
				low = middle + 1
			} else {
				high = middle
			}
		}
		if low < len(edges) && edges[low].r == r {
			return edges[low].to
		}
		if at == 0 {
			return 0
		}
		at = n.fail
	}
}
