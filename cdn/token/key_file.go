package token

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/internal/atomicfile"
)

// keyFile holds the private key that this server signs playback tokens with. Without it
// every token that was made here is void, which is how to revoke them all.
const keyFile = "playback.key"

// LoadBuiltIn reads the key of a data directory, or makes it. Of several processes that
// make it at once, the first to link its file wins.
func LoadBuiltIn(dir string) (Key, error) {
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writeKey(path); err != nil {
			return Key{}, fmt.Errorf("%s: %w; is it writable? choose another place with --data", path, err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return Key{}, err
	}
	key, err := ParseBuiltIn(text)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w; delete the file to get a new one, which makes the tokens void that it signed", path, err)
	}
	return key, nil
}

func writeKey(path string) error {
	err := atomicfile.WriteNew(path, GenerateKey(), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
