package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/control"
)

// Streams on air that nobody created are listed too, by their journals.
func TestStreamListHasStreamsThatNobodyCreated(t *testing.T) {
	dir := t.TempDir()
	store, err := control.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.CreateStream(t.Context(), "mine", control.StreamSettings{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	journals := filepath.Join(dir, "journal")
	if err := os.Mkdir(journals, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine~1.jsonl", "open~2.jsonl", "open~3.jsonl", "no stream~4.jsonl"} {
		if err := os.WriteFile(filepath.Join(journals, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := (&streamList{common: common{Data: dir}}).Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		id, _, _ := strings.Cut(line, " ")
		if strings.Contains(line, "not created") {
			id += " not created"
		}
		got = append(got, id)
	}
	if want := "STREAM mine open not created"; strings.Join(got, " ") != want {
		t.Errorf("got\n%s\nwant %s", out.String(), want)
	}
}
