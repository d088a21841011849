package filter

// Match finds a word of the list in the text; the word is as it was listed.
func (w *Words) Match(t *Text) (word string, found bool) {
	if w == nil || len(w.patterns) == 0 {
		return "", false
	}
	for _, reading := range t.read() {
		if word, found = w.scan(reading); found {
			return word, true
		}
	}
	return "", false
}

// scan runs the automaton.
func (w *Words) scan(t reading) (string, bool) {
	at := int32(0)
	for i, run := range t.runs {
		at = w.step(at, run.r)
		for out := at; out != 0; out = w.nodes[out].out {
			for _, index := range w.nodes[out].patterns {
				if p := &w.patterns[index]; p.fits(t.units, t.runs, i, t.chained) {
					return p.word, true
				}
			}
		}
	}
	return "", false
}

// stretched is from how many on equal letters are one that is drawn out: "baaad" is
// bad, but "good" is not god.
const stretched = 3

// fits tells whether the pattern, whose letters end with run last, is there in fact:
// as many of each letter, and the ends of words at both ends.
func (p *pattern) fits(units []unit, list []run, last int, chained bool) bool {
	first := last - len(p.runs) + 1
	if chained && p.first.class == alphabet && p.letters < 3 {
		return false // h a s is not as
	}
	for i := 1; i < len(p.runs)-1; i++ {
		if got, want := list[first+i].n, p.runs[i].n; got != want && (got < stretched || got < want) {
			return false
		}
	}
	want := len(p.runs) - 1
	if list[first].n < p.runs[0].n || list[last].n < p.runs[want].n {
		return false
	}
	if first == last {
		return p.alone(units, list[first], chained)
	}
	head, tail := list[first], list[last]
	starts := head.n >= stretched && p.begins(units, head.start, chained) || p.begins(units, head.start+head.n-p.runs[0].n, chained)
	ends := tail.n >= stretched && p.ends(units, tail.start+tail.n, chained) || p.ends(units, tail.start+p.runs[want].n, chained)
	return starts && ends
}

// alone judges a pattern of one letter, once or more.
func (p *pattern) alone(units []unit, r run, chained bool) bool {
	if r.n >= stretched || r.n == p.runs[0].n {
		return p.begins(units, r.start, chained) && p.ends(units, r.start+r.n, chained)
	}
	for start := r.start; start+p.runs[0].n <= r.start+r.n; start++ {
		if p.begins(units, start, chained) && p.ends(units, start+p.runs[0].n, chained) {
			return true
		}
	}
	return false
}

func (p *pattern) begins(units []unit, i int32, chained bool) bool {
	if units[i].inner && !p.first.inner {
		return false
	}
	return p.open[0] || chained || i == 0 || border(units[i-1], units[i])
}

func (p *pattern) ends(units []unit, i int32, chained bool) bool {
	if int(i) < len(units) && units[i].inner {
		return false
	}
	return p.open[1] || chained || int(i) == len(units) || border(units[i-1], units[i])
}

// border tells whether a word may end between two characters.
func border(a, b unit) bool {
	return a.class != b.class || a.class == between || a.class == free || a.class == hangul && a.whole != b.whole
}
