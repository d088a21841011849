//go:build !linux

package transcode

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate gives FFmpeg its own process group. Where the kernel can't kill it with
// us, it ends when its input pipe closes.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func widen(*os.File) {}
