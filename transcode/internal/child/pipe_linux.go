package child

import (
	"os"
	"syscall"
)

// widen makes a pipe hold pipeSize bytes, where the system allows it.
func widen(f *os.File) {
	const setPipeSize = 1031 // F_SETPIPE_SZ, fcntl(2)
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	// Refused above /proc/sys/fs/pipe-max-size: the default size works too.
	_ = conn.Control(func(fd uintptr) {
		_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, pipeSize)
	})
}
