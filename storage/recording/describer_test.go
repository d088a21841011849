package recording

import (
	"testing"
	"time"
)

// Thumbnails that are made while an MP4 is, and the other way round, don't take each other
// out of the recording's description.
func TestDescriptionKeepsWhatOthersAdded(t *testing.T) {
	s := start(t, t.TempDir(), true)
	r, stream := s.begin(t, 21*time.Second)
	end(s, t, r, stream)
	all, err := s.List(t.Context(), "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	id, descriptions := all[0].ID, s.exporter.descriptions
	if err := descriptions.change("show", id, nil, func(r *Recording) { r.MP4 = movieFile }); err != nil {
		t.Fatal(err)
	}
	if err := descriptions.addFiles("show", id, map[string][]byte{posterFile: []byte("jpeg")}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), id); err != nil || got.MP4 != movieFile || got.Poster != posterFile {
		t.Errorf("%+v, %v", got, err)
	}
	if err := descriptions.addFiles("show", "none", map[string][]byte{posterFile: nil}); err != nil {
		t.Errorf("pictures of a recording that was deleted: %v", err)
	}
	if left := filesBelow(t, s.files.path(streamKey("show", recordingsDir))); len(left) != 5 {
		t.Errorf("there are %v", left)
	}
}
