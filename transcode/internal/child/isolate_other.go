//go:build !linux

package child

import "syscall"

// dieWithUs does nothing: without us, the program's input pipe closes.
func dieWithUs(*syscall.SysProcAttr) {}
