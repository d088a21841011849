package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// catalogue finds recordings and clips by what lies on the disk: there is no other list of
// them.
type catalogue struct {
	files *files
	live  *broadcasts
	log   *slog.Logger
}

// list gives the recordings of a stream, or of all when id is "", the newest first.
func (c *catalogue) list(ctx context.Context, id media.StreamID) ([]Recording, error) {
	streams := []media.StreamID{id}
	if id == "" {
		streams = c.files.streams()
	}
	var all []Recording
	for _, stream := range streams {
		for _, name := range c.namesOf(stream) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r, err := c.read(stream, name)
			switch {
			case err == nil:
				all = append(all, r)
			case !errors.Is(err, ErrNotFound): // not finished yet
				c.log.Warn("a recording can't be read", "stream", stream, "recording", name, "err", err)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Recording) int { return strings.Compare(b.ID, a.ID) })
	return all, nil
}

// namesOf are the IDs of a stream's recordings, in the order of time. Some may not be
// finished.
func (c *catalogue) namesOf(id media.StreamID) []string {
	return filesIn(c.files.path(streamKey(id, recordingsDir)), "")
}

// read reads a recording's description. It fails with ErrNotFound.
func (c *catalogue) read(id media.StreamID, recording string) (r Recording, err error) {
	text, err := c.files.root.ReadFile(filepath.FromSlash(recordingKey(id, recording, descriptorFile)))
	if errors.Is(err, os.ErrNotExist) {
		return r, fmt.Errorf("%w: %s", ErrNotFound, recording)
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// write writes a recording's description.
func (c *catalogue) write(r Recording) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(c.files.path(recordingKey(r.Stream, r.ID, descriptorFile)), append(text, '\n'))
}

// validID reports whether a recording could have the ID: it stands in paths.
func validID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-'
	})
}

// find finds a recording of any stream. It fails with ErrNotFound.
func (c *catalogue) find(id string) (Recording, error) {
	if validID(id) {
		for _, stream := range c.files.streams() {
			r, err := c.read(stream, id)
			if !errors.Is(err, ErrNotFound) {
				return r, err
			}
		}
	}
	return Recording{}, fmt.Errorf("%w: %.64q", ErrNotFound, id)
}

// newest is the ID of the stream's newest recording that is no clip, or "".
func (c *catalogue) newest(id media.StreamID) string {
	for _, name := range slices.Backward(c.namesOf(id)) {
		if r, err := c.read(id, name); err == nil && r.ClipOf == "" {
			return r.ID
		}
	}
	return ""
}

// hasStreamPlaylists reports whether the stream's playlists are those of a recording: of the
// newest, while nothing is on air.
func (c *catalogue) hasStreamPlaylists(r Recording) bool {
	return r.ClipOf == "" && c.newest(r.Stream) == r.ID && !c.live.onAir(r.Stream)
}

// journal reads a recording's journal from the disk.
func (c *catalogue) journal(id media.StreamID, recording string) (*parsedJournal, error) {
	return readJournal(c.files.path(recordingKey(id, recording, journalFile)))
}

// referenced are the keys of media that the stream's recordings but one need, or its
// broadcast that goes on.
func (c *catalogue) referenced(id media.StreamID, but string) map[string]bool {
	var journals []string
	for _, name := range c.namesOf(id) {
		if name != but {
			journals = append(journals, c.files.path(recordingKey(id, name, journalFile)))
		}
	}
	if head, ok := c.live.head(id); ok && head.ID != but {
		journals = append(journals, c.files.journalPath(head))
	}
	keys := make(map[string]bool)
	for _, path := range journals {
		parsed, err := readJournal(path)
		if err != nil {
			continue // no recording is without one
		}
		for _, key := range parsed.keys() {
			keys[key] = true
		}
	}
	return keys
}

// liveClips are the clips of a stream's broadcasts.
func (c *catalogue) liveClips(id media.StreamID) map[string]span {
	spans := make(map[string]span)
	all, _ := c.list(context.Background(), id)
	for _, r := range all {
		if r.ClipOf == string(id) {
			spans[r.ID] = span{r.Start, r.End}
		}
	}
	return spans
}
