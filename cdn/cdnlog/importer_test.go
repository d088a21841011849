package cdnlog

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// One log is read at a time; what it held is counted, unless it can't be read.
func TestImporter(t *testing.T) {
	counted := 0
	i := &Importer{Ledger: &memoryLedger{}, Count: func(usages []cost.Usage) { counted += len(usages) }}
	slow, sender := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := i.ImportLog(t.Context(), slow, "a", Auto)
		done <- err
	}()
	if _, err := sender.Write([]byte("#")); err != nil { // it is being read
		t.Fatal(err)
	}
	if _, err := i.ImportLog(t.Context(), strings.NewReader(w3cLog), "a", Auto); !errors.Is(err, ErrBusy) {
		t.Errorf("a second log: %v", err)
	}
	gone := errors.New("gone")
	_ = sender.CloseWithError(gone)
	if err := <-done; !errors.Is(err, gone) || counted != 0 {
		t.Errorf("a log that breaks off: %v, %d counted", err, counted)
	}
	if s, err := i.ImportLog(t.Context(), strings.NewReader(w3cLog), "a", Auto); err != nil || s.Requests == 0 || counted == 0 {
		t.Errorf("%+v, %v, %d counted", s, err, counted)
	}
}
