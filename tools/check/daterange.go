package check

import "time"

// checkDateRanges checks the date ranges of one playlist (§4.4.5.1).
func checkDateRanges(l *ledger, name string, p *mediaPlaylist) {
	first := make(map[string]dateRange)
	for _, r := range p.DateRanges {
		where := in(name)
		earlier, again := first[r.ID]
		fault := r.fault(again)
		l.check(ruleDateRange, where, fault == "", "%s: %s", quote(r.ID), fault)
		if again {
			what := contradiction(earlier.Attributes, r.Attributes)
			l.check(ruleDateRangeConstant, where, what == "", "%s has two values of %s", quote(r.ID), what)
			continue
		}
		first[r.ID] = r
	}
	if len(first) == 0 {
		return
	}
	dated := false
	for i := range p.Segments {
		dated = dated || !p.Segments[i].Date.IsZero()
	}
	l.check(ruleDateRange, in(name), dated || p.Skip != nil, "date ranges, but no EXT-X-PROGRAM-DATE-TIME")
}

// fault names what is wrong with the tag by itself; again tells that it isn't the
// first with its ID, which alone needs a START-DATE.
func (r dateRange) fault(again bool) string {
	has := func(name string) bool { _, ok := r.Attributes.values[name]; return ok }
	duration, _ := parseSeconds(r.Attributes.values["DURATION"].value)
	ends := has("END-DATE") || has("DURATION")
	switch {
	case r.ID == "":
		return "no ID"
	case !again && !has("START-DATE"):
		return "no START-DATE"
	case !r.Start.IsZero() && !r.End.IsZero() && r.End.Before(r.Start):
		return "it ends before it begins"
	case has("END-DATE") && has("DURATION") && !r.Start.IsZero() && !r.End.Equal(r.Start.Add(duration)):
		return "END-DATE is not START-DATE plus DURATION"
	case has("END-ON-NEXT") && r.Attributes.values["END-ON-NEXT"].value != "YES":
		return "END-ON-NEXT is not YES"
	case has("END-ON-NEXT") && !again && !has("CLASS"):
		return "END-ON-NEXT without CLASS"
	case has("END-ON-NEXT") && ends:
		return "END-ON-NEXT with an end"
	}
	return ""
}

// contradiction names an attribute that both lists have with different values.
func contradiction(a, b attributes) string {
	for _, name := range a.names {
		if v, both := b.values[name]; both && v != a.values[name] {
			return name
		}
	}
	return ""
}

// checkDateRangeUpdate checks that date ranges keep their attributes, and stay while
// the playlist has segments of their time (§6.2.1).
func checkDateRangeUpdate(l *ledger, name string, before, after *mediaPlaylist) {
	now := make(map[string][]dateRange)
	for _, r := range after.DateRanges {
		now[r.ID] = append(now[r.ID], r)
	}
	for _, old := range before.DateRanges {
		for _, r := range now[old.ID] {
			what := contradiction(old.Attributes, r.Attributes)
			l.check(ruleDateRangeConstant, in(name), what == "", "%s of %s changed", what, quote(old.ID))
		}
		if len(now[old.ID]) == 0 && !old.Start.IsZero() {
			l.check(ruleDateRangeKept, in(name), !after.covers(old), "%s is gone, its segments are not", quote(old.ID))
		}
	}
}

// covers tells whether a complete segment of the playlist has a date in the range.
// A range of unknown end counts as its first instant.
func (p *mediaPlaylist) covers(r dateRange) bool {
	end := r.End
	if end.IsZero() {
		end = r.Start
	}
	var date time.Time
	for _, s := range p.complete() {
		if !s.Date.IsZero() {
			date = s.Date
		}
		if date.IsZero() {
			continue
		}
		instant := end.Equal(r.Start) && !r.Start.Before(date)
		if r.Start.Before(date.Add(s.Duration)) && (end.After(date) || instant) {
			return true
		}
		date = date.Add(s.Duration)
	}
	return false
}
