package token

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestBuiltInKeyIsMadeOnce makes it from many goroutines, as server and command line may.
func TestBuiltInKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	var ids sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			key, err := LoadBuiltIn(dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids.Store(key.ID(), true)
		})
	}
	wg.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if n != 1 || len(files) != 1 || len(hidden) != 0 {
		t.Errorf("%d keys, files %v %v", n, files, hidden)
	}
	if info, err := os.Stat(filepath.Join(dir, keyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadBuiltIn(dir); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "delete the file") {
		t.Errorf("%v", err)
	}
}
