package sqlite

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write sqlc.sum")

// TestGeneratedCodeIsCurrent compares schemas, statements and the Go that sqlc has made
// of them with the hashes that were written when it made it: sqlc itself takes minutes to
// build. It also finds generated code that was changed by hand.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	root := filepath.Join("..", "..")
	var sums bytes.Buffer
	for _, pattern := range []string{"sqlc.yaml", "*/schema/*.sql", "*/statements/*", "*/*/schema/*.sql", "*/*/statements/*"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			relative, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), filepath.ToSlash(relative))
		}
	}
	file := filepath.Join(root, "sqlc.sum")
	if *update {
		if err := os.WriteFile(file, sums.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sums.Bytes(), want) {
		t.Errorf("SQL, or the Go that was generated from it, was changed: run make generate. sqlc.sum has\n%s\nthe files are\n%s", want, &sums)
	}
}
