package child

import "syscall"

// dieWithUs has the kernel kill the program at the end of the thread that starts it
// (prctl(2), PR_SET_PDEATHSIG): that thread must live as long.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
