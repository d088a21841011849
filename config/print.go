package config

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Entry is one effective setting, for people to read.
type Entry struct{ Key, Value, Source, Help string }

// Entries lists all settings in the order of the documentation, secrets masked.
func (l *Loaded) Entries() []Entry {
	list := make([]Entry, len(l.entries))
	for i, e := range l.entries {
		list[i] = Entry{Key: e.Key, Value: e.String(), Source: e.source, Help: e.Help}
	}
	return list
}

// Print writes the settings as a table, secrets masked.
func (l *Loaded) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tVALUE\tFROM\tENVIRONMENT\tMEANING")
	for _, e := range l.Entries() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Key, cmp.Or(e.Value, `""`), e.Source, EnvName(e.Key), strings.TrimSuffix(e.Help, "."))
	}
	return w.Flush()
}
