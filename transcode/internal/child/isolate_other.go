//go:build !linux

package child

import (
	"os/exec"
	"syscall"
)

// Isolate gives FFmpeg its own process group. Where the kernel can't kill it with
// us, it ends when its input pipe closes.
func Isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
