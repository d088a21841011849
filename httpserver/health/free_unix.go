//go:build unix

package health

import (
	"fmt"
	"syscall"
)

// freeSpace is how many bytes the file system of dir has left for us.
func freeSpace(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("free space: %w", err)
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), nil
}
