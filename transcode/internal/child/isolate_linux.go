package child

import (
	"os/exec"
	"syscall"
)

// Isolate gives FFmpeg its own process group, so that a terminal's Ctrl-C reaches
// it through us alone, and has the kernel kill it when we die. The latter is tied to
// the thread that starts it (prctl(2), PR_SET_PDEATHSIG), which must live as long.
func Isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
