package child

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate gives FFmpeg its own process group, so that a terminal's Ctrl-C reaches it
// through us alone, and the end of the context the whole group: the program may be a
// script around the real one. Where the system can, it kills it when we die.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithUs(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		if err := killGroup(cmd); err != nil {
			return os.ErrProcessDone
		}
		return nil
	}
}

// killRest kills what is left of an isolated program that has ended itself: processes that
// it started hold its pipes, and those who read them would wait for ever.
func killRest(cmd *exec.Cmd) { _ = killGroup(cmd) } // an error says that nothing is left

// killGroup kills the program and what it started. The kernel gives the number of a group
// to no other process as long as the group has members (setpgid(2), fork(2)).
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
