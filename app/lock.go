package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock keeps a second server away from the data directory: it would delete the
// first one's segments. The kernel lets go of it when the process ends, however
// that happens.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w; choose another with --data DIR", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another server is using the data directory %s; stop that, or choose another with --data DIR", dir)
		}
		return nil, fmt.Errorf("data directory: %w; choose another with --data DIR", err)
	}
	return func() { _ = f.Close() }, nil
}
