package check

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// marks stand before each rule.
var marks = map[Status]string{Held: "✓", Broken: "✗", Warning: "!", NotSeen: "–"}

// WriteText writes the report for people: the rules by group, then the figures.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	group := ""
	for i := range r.Rules {
		rule := &r.Rules[i]
		if rule.Group != group {
			group = rule.Group
			fmt.Fprintf(&b, "\n%s\n", group)
		}
		rule.write(&b)
	}
	r.writeFigures(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Rule) write(b *strings.Builder) {
	count := ""
	switch {
	case r.Failed > 0:
		count = fmt.Sprintf("%d of %d", r.Failed, r.Checked)
	case r.Checked > 0:
		count = fmt.Sprint(r.Checked)
	}
	fmt.Fprintf(b, "  %s %-69s %-18s %12s\n", marks[r.Status], r.Title, r.section(), count)
	for _, v := range r.Violations {
		fmt.Fprintf(b, "      %s: %s\n", v.Position, v.Detail)
	}
}

func (r *Rule) section() string {
	if r.Section[0] >= '0' && r.Section[0] <= '9' || len(r.Section) <= 3 {
		return "§" + r.Section
	}
	return r.Section
}

// String shows a position as "rendition 12.3": segment 12, part 3.
func (p Position) String() string {
	switch {
	case p.MSN < 0:
		return p.Rendition
	case p.Part < 0:
		return fmt.Sprintf("%s %d", p.Rendition, p.MSN)
	}
	return fmt.Sprintf("%s %d.%d", p.Rendition, p.MSN, p.Part)
}

func (r *Report) writeFigures(b *strings.Builder) {
	f := &r.Figures
	fmt.Fprintf(b, "\nMeasured in %.1f s at %s\n", r.For, r.URL)
	for _, x := range f.Renditions {
		fmt.Fprintf(b, "  %-12s %-6s %3d segments, peak %.0f kbit/s, average %.0f kbit/s", x.Name, x.Kind, x.Segments, x.PeakBPS/1000, x.AverageBPS/1000)
		if x.PartDurations.Count > 0 {
			fmt.Fprintf(b, "; %d parts of %s, target %.0f ms", x.PartDurations.Count, x.PartDurations.text(), 1000*x.PartTarget)
		}
		b.WriteByte('\n')
	}
	for _, x := range []struct {
		name string
		s    Spread
	}{
		{"edge latency (part's end by its date, to its playlist here)", f.EdgeLatency},
		{"blocking reload held", f.Reload},
		{"round trip of a plain request", f.RoundTrip},
	} {
		if x.s.Count > 0 {
			fmt.Fprintf(b, "  %s: %s\n", x.name, x.s.text())
		}
	}
	total := 0
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(f.Requests)) {
		total += f.Requests[kind]
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, f.Requests[kind]))
	}
	fmt.Fprintf(b, "  %d requests (%s), %.1f MB\n", total, strings.Join(kinds, ", "), float64(f.Bytes)/1e6)
	fmt.Fprintf(b, "\n%d rules held, %d broken, %d warnings, %d not seen\n",
		r.Count(Held), r.Count(Broken), r.Count(Warning), r.Count(NotSeen))
}

// text shows a spread in milliseconds: smallest, median, largest.
func (s Spread) text() string {
	return fmt.Sprintf("%.0f / %.0f / %.0f ms", 1000*s.Min, 1000*s.Median, 1000*s.Max)
}
