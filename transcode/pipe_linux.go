package transcode

import (
	"os"
	"syscall"
)

// pipeSize holds the largest keyframes, so that writing one does not wait for
// FFmpeg's next read.
const pipeSize = 1 << 20

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
