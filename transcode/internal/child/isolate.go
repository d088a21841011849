package child

import (
	"os"
	"os/exec"
	"syscall"
)

// Isolate gives FFmpeg its own process group, so that a terminal's Ctrl-C reaches it
// through us alone, and the end of the context the whole group: the program may be a
// script around the real one. Where the system can, it kills it when we die.
func Isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithUs(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
			return os.ErrProcessDone
		}
		return nil
	}
}
