package measure

import (
	"fmt"
	"syscall"
)

// spareFiles is what the process needs besides sockets.
const spareFiles = 32

// CheckFiles compares the sockets that somebody needs with the limit of open files. The os
// package has raised the soft limit to the hard one already.
func CheckFiles(who string, sockets int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if need := uint64(sockets + spareFiles); need > limit.Cur {
		return fmt.Errorf("%s need %d open files, and the limit is %d: raise it (ulimit -Hn, or LimitNOFILE= in a systemd unit), "+
			"take fewer, or spread them over several machines", who, need, limit.Cur)
	}
	return nil
}
