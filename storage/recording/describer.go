package recording

import (
	"maps"
	"slices"

	"github.com/globalfandom/lightstick/media"
)

// describer changes the descriptions of recordings when there are more files of them.
type describer struct {
	files      *files
	catalogue  *catalogue
	replicator *replicator
	turn       chan struct{} // holds one: the change that is being made
}

// addFiles writes files beside a recording's playlists, tells of them in its description,
// and has them copied. Of a recording that was deleted meanwhile nothing is written.
func (d *describer) addFiles(id media.StreamID, recording string, contents map[string][]byte) error {
	if _, err := d.catalogue.read(id, recording); err != nil {
		return nil
	}
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		key := recordingKey(id, recording, name)
		if err := writeAtomically(d.files.path(key), contents[name]); err != nil {
			return err
		}
		keys = append(keys, key)
	}
	return d.change(id, recording, keys, func(r *Recording) {
		if contents[posterFile] != nil {
			r.Poster = posterFile
		}
		if contents[storyboardFile] != nil {
			r.Storyboard = storyboardFile
		}
	})
}

// change changes a description that tells of more files, and has all copied. Thumbnails and
// an MP4 may come at once: one after the other changes what the other has written.
func (d *describer) change(id media.StreamID, recording string, keys []string, change func(*Recording)) error {
	d.turn <- struct{}{}
	defer func() { <-d.turn }()
	r, err := d.catalogue.read(id, recording)
	if err != nil {
		return err
	}
	change(&r)
	if err := d.catalogue.write(r); err != nil {
		return err
	}
	d.replicator.putFiles(append(keys, recordingKey(id, recording, descriptorFile)))
	return nil
}
