package check

import (
	"fmt"
	"slices"
	"sync"
)

// keptViolations of a rule are shown; the rest is only counted.
const keptViolations = 3

// ledger counts, for every rule, how often it was checked and what broke it. It
// may be used concurrently.
type ledger struct {
	mu      sync.Mutex
	entries []entry // by ruleID
}

func newLedger() *ledger { return &ledger{entries: make([]entry, len(rules))} }

type entry struct {
	checked, failed int
	violations      []Violation
}

// check enters that a rule was looked at, and whether it held. It returns ok.
func (l *ledger) check(id ruleID, at Position, ok bool, format string, args ...any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.entries[id]
	e.checked++
	if ok {
		return true
	}
	e.failed++
	if len(e.violations) >= keptViolations {
		return false
	}
	v := Violation{Position: at, Detail: fmt.Sprintf(format, args...)}
	if !slices.Contains(e.violations, v) {
		e.violations = append(e.violations, v)
	}
	return false
}

// failing is the number of rules that are broken so far, and of warnings.
func (l *ledger) failing() (broken, warnings int) {
	for _, r := range l.rules() {
		switch r.Status {
		case Broken:
			broken++
		case Warning:
			warnings++
		}
	}
	return broken, warnings
}

// rules returns the table with what was entered.
func (l *ledger) rules() []Rule {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Rule, 0, len(rules))
	for id, r := range rules {
		e := &l.entries[id]
		out = append(out, Rule{
			ID: r.id, Group: r.group, Section: r.section, Title: r.title,
			Status: r.status(e), Checked: e.checked, Failed: e.failed, Violations: slices.Clone(e.violations),
		})
	}
	return out
}

func (r rule) status(e *entry) Status {
	switch {
	case e.checked == 0:
		return NotSeen
	case e.failed == 0:
		return Held
	case r.advice:
		return Warning
	default:
		return Broken
	}
}

// in is a position of a rendition as a whole.
func in(rendition string) Position { return Position{Rendition: rendition, MSN: -1, Part: -1} }

// at is a position of a segment.
func at(rendition string, msn int64) Position {
	return Position{Rendition: rendition, MSN: msn, Part: -1}
}

// atPart is a position of a part.
func atPart(rendition string, msn int64, part int) Position {
	return Position{Rendition: rendition, MSN: msn, Part: part}
}
