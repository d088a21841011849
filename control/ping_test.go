package control

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestPing(t *testing.T) {
	for name, breakIt := range map[string]func(dir string, s *Store) error{
		"closed":  func(_ string, s *Store) error { return s.Close() },
		"removed": func(dir string, _ *Store) error { return os.Remove(filepath.Join(dir, "lightstick.db")) },
		"replaced": func(dir string, _ *Store) error {
			path := filepath.Join(dir, "lightstick.db")
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		dir := t.TempDir()
		s, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v before", name, err)
		}
		if err := breakIt(dir, s); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Errorf("%s: the database passes for well", name)
		}
	}
}
