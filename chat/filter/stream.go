package filter

// way is a way to read a text: each is tried where the text gives cause.
type way struct {
	leet  bool // digits and signs as letters
	ell   bool // 1, ! and | as l, not i
	other bool // capitals by their second look
}

// ways are those to read t by.
func (t *Text) ways() []way {
	switch {
	case t.leet && t.other:
		return []way{{}, {other: true}, {leet: true, other: true}, {leet: true, ell: true, other: true}}
	case t.leet:
		return []way{{}, {leet: true}, {leet: true, ell: true}}
	case t.other:
		return []way{{}, {other: true}}
	}
	return []way{{}}
}

// reading is a text read one way.
type reading struct {
	units   []unit
	runs    []run
	chained bool // of characters that stand alone: each one's end is a word's end
}

// read reads the text in all ways, once.
func (t *Text) read() []reading {
	if t.readings == nil {
		t.readings = make([]reading, 0, 4)
		for _, by := range t.ways() {
			units := t.stream(by)
			t.readings = append(t.readings, reading{units: units, runs: runs(units)})
			if joined := chains(units); len(joined) > 0 {
				t.readings = append(t.readings, reading{units: joined, runs: runs(joined), chained: true})
			}
		}
	}
	return t.readings
}

// stream is the text read one way. Without leet, signs are gaps.
func (t *Text) stream(by way) []unit {
	units := make([]unit, 0, len(t.units))
	for start := 0; start < len(t.units); {
		end := start
		for end < len(t.units) && t.units[end].class != between {
			end++
		}
		letters := by.leet && (disguised(t.units[start:end]) || end == start+1 && (t.alone(start-2) || t.alone(end+1)))
		for i, u := range t.units[start:end] {
			units = appendUnit(units, u.read(by, letters, start+i+1 < end || u.r == '$'))
		}
		if end < len(t.units) {
			units = appendUnit(units, t.units[end])
		}
		start = end + 1
	}
	return units
}

// alone tells whether there is a letter at i that stands by itself, as in "b 4 d".
func (t *Text) alone(i int) bool {
	gap := func(i int) bool { return i < 0 || i >= len(t.units) || t.units[i].class == between }
	return !gap(i) && t.units[i].class == alphabet && gap(i-1) && gap(i+1)
}

// read gives the unit read one way; a sign at a word's end is punctuation, but for $.
func (u unit) read(by way, letters, inside bool) unit {
	if by.other && u.other != 0 {
		u.r = u.other
	}
	switch {
	case u.class == digit && letters, u.class == signs && letters && inside:
		letter := leetLetters[u.r]
		if by.ell && (u.r == '1' || u.r == '!' || u.r == '|') {
			letter = 'l'
		}
		return unit{r: letter, class: alphabet}
	case u.class == signs:
		return unit{r: ' '}
	}
	return u
}

// appendUnit keeps gaps single.
func appendUnit(units []unit, u unit) []unit {
	if n := len(units); u.class == between && (n == 0 || units[n-1].class == between) {
		return units
	}
	return append(units, u)
}

// disguised tells whether the digits and signs of a token may be letters: letters
// stand beside them, or it is written in signs (@$$). A bare number is a number.
func disguised(token []unit) bool {
	count := 0
	for _, u := range token {
		switch {
		case u.class == alphabet:
			return true
		case u.r == '@' || u.r == '$':
			count++
		}
	}
	return count >= 2
}

// chains are the places where single characters stand alone in a row, joined: "bad"
// for "b a d" and "b.a.d". Each is followed by a gap. Three make a chain, or two of a
// script whose words are as short as that. Digits between Hangul syllables are gaps.
func chains(units []unit) []unit {
	var joined []unit
	var chain []unit
	pieces := 0
	short := true
	flush := func() {
		if pieces >= 3 || pieces == 2 && short {
			joined = append(append(joined, chain...), unit{r: ' '})
		}
		chain, pieces, short = chain[:0], 0, true
	}
	for start := 0; start < len(units); {
		if units[start].class == between || units[start].class == digit && pieces > 0 && chain[len(chain)-1].class == hangul {
			start++
			continue
		}
		end := start + 1
		for end < len(units) && units[end].inner {
			end++
		}
		piece := units[start:end]
		if end < len(units) && !gapAfter(units[end-1], units[end]) {
			// A word of several characters: go to its end.
			for end < len(units) && !gapAfter(units[end-1], units[end]) {
				end++
			}
			flush()
		} else {
			chain = append(chain, piece...)
			pieces++
			short = short && piece[0].class != alphabet && piece[0].class != digit && piece[0].class != regions
		}
		start = end
	}
	flush()
	return joined
}

func gapAfter(u, next unit) bool {
	return next.class == between || u.class == hangul && next.class == digit
}
