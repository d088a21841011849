package recording

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// tombstone says that a recording was deleted which may still lie in a storage: what
// is to be deleted there. It is a file until all storages have done so.
type tombstone struct {
	Stream   media.StreamID `json:"stream"`
	ID       string         `json:"id"`
	Keys     []string       `json:"keys,omitempty"`
	Prefixes []string       `json:"prefixes,omitempty"`
	Cached   []string       `json:"cached,omitempty"` // objects that may have been read back
}

const tombstoneDir, tombstoneSuffix = "deleted", ".json"

// tombstones are those of the deletions that are not complete.
type tombstones struct {
	dir        string
	replicator *replicator
	log        *slog.Logger
}

func (ts *tombstones) path(id string) string { return filepath.Join(ts.dir, id+tombstoneSuffix) }

// has reports whether a recording was deleted, though storages may still have it.
func (ts *tombstones) has(id string) bool {
	_, err := os.Stat(ts.path(id))
	return err == nil
}

// write has objects deleted from all storages, however long that takes.
func (ts *tombstones) write(t tombstone) error {
	if len(ts.replicator.replicas) == 0 {
		return nil
	}
	text, err := json.Marshal(t)
	if err == nil {
		err = writeAtomically(ts.path(t.ID), text)
	}
	ts.deleteEverywhere(t)
	return err
}

func (ts *tombstones) deleteEverywhere(t tombstone) {
	ts.replicator.deleteEverywhere(t, func() { _ = os.Remove(ts.path(t.ID)) })
}

// resume goes on with the deletions that an earlier run of the server began.
func (ts *tombstones) resume() {
	for _, name := range filesIn(ts.dir, tombstoneSuffix) {
		text, err := os.ReadFile(ts.path(strings.TrimSuffix(name, tombstoneSuffix)))
		var t tombstone
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err != nil {
			ts.log.Warn("a deletion of an earlier run can't be read", "file", name, "err", err)
			continue
		}
		ts.deleteEverywhere(t)
	}
}
