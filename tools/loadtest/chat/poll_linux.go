package chat

import (
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// poller reads many sockets in few goroutines, each with one buffer: a goroutine
// and a buffer for each socket would cost the tool as much as the server.
type poller struct {
	epoll int
	mu    sync.Mutex
	conns map[int]*conn // by file descriptor
	done  sync.WaitGroup
	stop  chan struct{}
}

const (
	pollEvents  = 512
	pollBuffer  = 256 << 10
	pollTimeout = 50 // milliseconds, after which the end is looked for
)

func newPoller(loops int) (*poller, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &poller{epoll: epoll, conns: map[int]*conn{}, stop: make(chan struct{})}
	for range loops {
		p.done.Go(p.loop)
	}
	return p, nil
}

// fdPipe is a socket that belongs to the poller.
type fdPipe int

func (f fdPipe) write(b []byte) error {
	n, err := syscall.Write(int(f), b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

func (f fdPipe) close() { _ = syscall.Close(int(f)) }

// take moves a socket from Go's own poller to this one. false: this kind of
// connection can't be moved.
func (p *poller) take(nc net.Conn, c *conn) (bool, error) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return false, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false, err
	}
	var fd int
	var dupErr error
	if err := raw.Control(func(orig uintptr) { fd, dupErr = syscall.Dup(int(orig)) }); err != nil || dupErr != nil {
		return false, fmt.Errorf("dup: %w", firstError(err, dupErr))
	}
	_ = tcp.Close()
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return false, err
	}
	c.pipe = fdPipe(fd)
	return true, nil
}

// watch begins to read; the hello has been written.
func (p *poller) watch(c *conn) error {
	fd := int(c.pipe.(fdPipe))
	p.mu.Lock()
	p.conns[fd] = c
	p.mu.Unlock()
	return syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{
		// One shot: no two loops read one socket.
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | p.oneShot(), Fd: int32(fd),
	})
}

func (p *poller) oneShot() uint32 {
	if loops() > 1 {
		return syscall.EPOLLONESHOT
	}
	return 0
}

func (p *poller) loop() {
	events := make([]syscall.EpollEvent, pollEvents)
	buffer := make([]byte, pollBuffer)
	for {
		n, err := syscall.EpollWait(p.epoll, events, pollTimeout)
		if err != nil && err != syscall.EINTR {
			return
		}
		for _, e := range events[:max(n, 0)] {
			p.read(int(e.Fd), buffer)
		}
		select {
		case <-p.stop:
			return
		default:
		}
	}
}

func (p *poller) read(fd int, buffer []byte) {
	p.mu.Lock()
	c := p.conns[fd]
	p.mu.Unlock()
	if c == nil {
		return
	}
	n, err := syscall.Read(fd, buffer)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		p.again(fd)
		return
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if n > 0 {
		c.run.shard.bytes.Add(int64(n))
		if failed := c.feed(buffer[:n], time.Now()); failed != nil {
			err = failed
		}
	}
	if err != nil {
		p.mu.Lock()
		delete(p.conns, fd)
		p.mu.Unlock()
		c.end(err)
		return
	}
	p.again(fd)
}

// again arms a one-shot socket.
func (p *poller) again(fd int) {
	if shot := p.oneShot(); shot != 0 {
		_ = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_MOD, fd, &syscall.EpollEvent{
			Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | shot, Fd: int32(fd),
		})
	}
}

// close ends the loops and the sockets.
func (p *poller) close() {
	close(p.stop)
	p.done.Wait()
	for fd, c := range p.conns {
		// A reset leaves no TIME_WAIT behind, of which 20,000 would use up the ports.
		_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		c.ended = true
		c.pipe.close()
	}
	_ = syscall.Close(p.epoll)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
