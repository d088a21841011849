//go:build unix

package app

import (
	"fmt"
	"syscall"
)

// maxConnections is the limit that is configured, or what leaves a tenth of the
// files that the process may open for everything else. Go raises the soft limit to
// the hard one by itself.
func maxConnections(configured int) int {
	var files syscall.Rlimit
	if configured > 0 || syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil {
		return configured
	}
	return int(min(files.Cur, 1<<30) * 9 / 10)
}

// freeSpace is how many bytes the file system of dir has left for us.
func freeSpace(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("free space: %w", err)
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), nil
}
