package recording

import (
	"encoding/json"
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

func (a *Archive) tombstonePath(id string) string {
	return filepath.Join(a.cfg.Dir, tombstoneDir, id+tombstoneSuffix)
}

// hasTombstone reports whether a recording was deleted, though storages may still have it.
func (a *Archive) hasTombstone(id string) bool {
	_, err := os.Stat(a.tombstonePath(id))
	return err == nil
}

// writeTombstone has a recording deleted from all storages, however long that takes.
func (a *Archive) writeTombstone(t tombstone) error {
	if len(a.cfg.Replicas) == 0 {
		return nil
	}
	text, err := json.Marshal(t)
	if err == nil {
		err = writeAtomically(a.tombstonePath(t.ID), text)
	}
	a.deleteEverywhere(t.ID, t.Cached, t.Keys, t.Prefixes, func() { _ = os.Remove(a.tombstonePath(t.ID)) })
	return err
}

// resumeDeletions goes on with the deletions that an earlier run of the server began.
func (a *Archive) resumeDeletions() {
	for _, name := range filesIn(filepath.Join(a.cfg.Dir, tombstoneDir), tombstoneSuffix) {
		id := strings.TrimSuffix(name, tombstoneSuffix)
		text, err := os.ReadFile(a.tombstonePath(id))
		var t tombstone
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err != nil {
			a.log.Warn("a deletion of an earlier run can't be read", "file", name, "err", err)
			continue
		}
		a.deleteEverywhere(t.ID, t.Cached, t.Keys, t.Prefixes, func() { _ = os.Remove(a.tombstonePath(t.ID)) })
	}
}
