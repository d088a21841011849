//go:build unix

package httpserver

import "syscall"

// MaxConnections is the limit that is configured, or what leaves a tenth of the
// files that the process may open for everything else. Go raises the soft limit to
// the hard one by itself.
func MaxConnections(configured int) int {
	var files syscall.Rlimit
	if configured > 0 || syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil {
		return configured
	}
	return int(min(files.Cur, 1<<30) * 9 / 10)
}
