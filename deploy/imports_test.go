package deploy

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

// levels are the folders of the picture in docs/architecture.md, from below. A package may
// import what is on a lower level, and its own folder.
var levels = map[string]int{
	"internal": 0,
	"media":    1,
	"packager": 2, "cdn": 2,
	"transcode": 3, "ingest": 3, "chat": 3,
	"live": 4, "storage": 4, "httpserver": 4,
	"origin": 5, "control": 5, "web": 5, "tools": 5,
	"config": 6,
	"app":    7,
	"cmd":    8,
}

func TestImportsPointDownwards(t *testing.T) {
	const module = "github.com/globalfandom/lightstick/"
	root := deploytest.Root(t)
	files := 0
	for folder, level := range levels {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // there is no such folder yet
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test")):
				return fs.SkipDir // packages for tests may import anything
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			files++
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, i := range f.Imports {
				of, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module)
				imported, _, _ := strings.Cut(of, "/")
				if below, known := levels[imported]; ours && imported != folder && (!known || below >= level) {
					t.Errorf("%s imports %s, which is not below %s", strings.TrimPrefix(path, root+"/"), of, folder)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if files == 0 {
		t.Error("no files")
	}
}
