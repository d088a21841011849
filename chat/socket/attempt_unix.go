//go:build unix

package socket

import "syscall"

const canAttempt = true

// attempt is one write that does not wait. Its closure is made once.
type attempt struct {
	b   []byte
	n   int
	err error
	try func(fd uintptr) bool
}

func (a *attempt) prepare() {
	a.try = func(fd uintptr) bool {
		for {
			a.n, a.err = syscall.Write(int(fd), a.b)
			if a.err != syscall.EINTR {
				return true // whatever came of it: not to be called again
			}
		}
	}
}

// write writes as much of b as the socket takes at once.
func (a *attempt) write(raw syscall.RawConn, b []byte) (int, error) {
	a.b = b
	err := raw.Write(a.try)
	a.b = nil
	if err != nil {
		return 0, err
	}
	if a.err == syscall.EAGAIN {
		return 0, nil
	}
	return max(a.n, 0), a.err
}
