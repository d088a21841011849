package health

import (
	"context"
	"fmt"
	"os"
)

// minFree is the space below which the disk counts as full. A stream of 8 Mbit/s
// fills it within a minute.
const minFree = 64 << 20

// Disk is a check that fails when dir can't be written to, or its file system is full.
func Disk(dir string) Check { return diskCheck(dir, freeSpace) }

// diskCheck fails when the data directory can't be written to, or has less than
// minFree left by the figure that free tells.
func diskCheck(dir string, free func(dir string) (uint64, error)) Check {
	return Check{"disk", func(context.Context) error {
		left, err := free(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if left < minFree {
			return fmt.Errorf("%s has %d MB left; delete recordings, or give it a larger disk", dir, left/1e6)
		}
		return tryWrite(dir)
	}}
}

// tryWrite finds what free space does not tell: a file system that became read-only,
// or a quota.
func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".ready-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
