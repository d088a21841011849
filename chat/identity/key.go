package identity

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/internal/atomicfile"
)

// keyFile is the master key's name in the data directory.
const keyFile = "chat.key"

// LoadKey is the master key in the data directory dir. If there is none it is made,
// readable by this user alone. Several processes on one directory get the same key,
// whichever is first.
func LoadKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, keyFile)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh := make([]byte, minKey)
	rand.Read(fresh) // never fails (crypto/rand)
	if err := atomicfile.WriteNew(path, fresh, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("chat key: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("chat key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() != minKey {
		return nil, fmt.Errorf("chat key: %s is not a file of %d bytes; delete it and a new one is made, and guests get new IDs", path, minKey)
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("chat key: %w", err)
	}
	return key, nil
}

// derive makes a key for one purpose, which tells nothing of those for others.
func derive(master []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, "lightstick chat: "+purpose, minKey)
	if err != nil {
		panic(err) // the length is right
	}
	return key
}
