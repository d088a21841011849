package packager

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The packager stands below what delivers its playlists: it imports neither that nor what the
// operator plugs in there.
func TestPackagerImportsNothingAbove(t *testing.T) {
	const module = "github.com/globalfandom/lightstick/"
	var files []string
	for _, pattern := range []string{"*.go", "*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			of, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module)
			if folder, _, _ := strings.Cut(of, "/"); ours && folder != "packager" && folder != "media" && folder != "internal" {
				t.Errorf("%s imports %s", name, of)
			}
		}
	}
}
