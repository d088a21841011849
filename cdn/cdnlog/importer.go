package cdnlog

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// ErrBusy reports that another log is being read.
var ErrBusy = errors.New("another log is being read; try again when it has been")

// Importer reads one log at a time, which bounds what imports cost a server.
type Importer struct {
	Ledger ImportLedger
	Count  func([]cost.Usage) // is given what a log held that was not counted before
	busy   sync.Mutex
}

// ImportLog reads one log to its end. It fails with ErrFormat, ErrBusy, or the reader's error.
func (i *Importer) ImportLog(ctx context.Context, r io.Reader, cdn string, f Format) (Summary, error) {
	if !i.busy.TryLock() {
		return Summary{}, ErrBusy
	}
	defer i.busy.Unlock()
	summary, usages, err := Import(ctx, r, Options{CDN: cdn, Format: f, Ledger: i.Ledger})
	if err == nil {
		i.Count(usages)
	}
	return summary, err
}
