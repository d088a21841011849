package transcode

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A stand-in is this test's own binary, run in place of FFmpeg. It connects to the test,
// says who it is, is told how to behave, and holds the connection as long as it lives.
const (
	standInVariable = "LIGHTSTICK_TEST_STAND_IN" // the test's address
	childVariable   = "LIGHTSTICK_TEST_CHILD"    // set in the stand-in's child
)

// patience bounds waits for what happens at once on a machine with nothing else to do.
const patience = 30 * time.Second

// behaviours of a stand-in, by name. Each is given the connection to the test, which ends
// when the test is over, and the pipes that FFmpeg would have.
var behaviours = map[string]func(conn net.Conn, in io.Reader, outputs []*os.File){
	// copies gives back on each output what came in, which is FLV both ways.
	"copies": func(_ net.Conn, in io.Reader, outputs []*os.File) {
		writers := make([]io.Writer, len(outputs))
		for i, f := range outputs {
			writers[i] = f
		}
		_, _ = io.Copy(io.MultiWriter(writers...), in)
	},
	"reads nothing": func(conn net.Conn, _ io.Reader, _ []*os.File) { wait(conn) },
	"gives nothing": func(conn net.Conn, in io.Reader, _ []*os.File) { _, _ = io.Copy(io.Discard, in); wait(conn) },
	"leaves out a rung": func(_ net.Conn, in io.Reader, outputs []*os.File) {
		_, _ = io.Copy(outputs[0], in)
	},
	// The program is gone, but its child has the pipes.
	"leaves a child": func(net.Conn, io.Reader, []*os.File) { os.Exit(1) },
}

// wait returns when the test is over.
func wait(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// standIn runs as the program. It starts a child, as a script around FFmpeg would.
func standIn(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		os.Exit(2)
	}
	if os.Getenv(childVariable) != "" {
		fmt.Fprintln(conn, "child")
		wait(conn)
		return
	}
	fmt.Fprintln(conn, "program")
	in, outputs := os.NewFile(3, "input"), []*os.File{os.Stdout, os.NewFile(4, "second")}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1")
	child.Stdout, child.Stderr, child.ExtraFiles = os.Stdout, os.Stderr, []*os.File{in, outputs[1]}
	if err := child.Start(); err != nil {
		os.Exit(2)
	}
	behaviour, _ := bufio.NewReader(conn).ReadString('\n') // said when the child is there
	behaviours[strings.TrimSpace(behaviour)](conn, in, outputs)
}

// standIns meets the processes that are started in place of FFmpeg.
type standIns struct {
	program  string
	children chan net.Conn
}

// meet makes a program of which the first run behaves as it says, and later ones copy.
func meet(t *testing.T, first string) *standIns {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &standIns{program: filepath.Join(t.TempDir(), "ffmpeg"), children: make(chan net.Conn, 64)}
	script := fmt.Sprintf("#!/bin/sh\n%s=%s exec '%s' \"$@\"\n", standInVariable, l.Addr(), binary)
	if err := os.WriteFile(s.program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan []net.Conn)
	go func() { accepted <- s.accept(l, first) }()
	t.Cleanup(func() {
		_ = l.Close()
		for _, c := range <-accepted {
			_ = c.Close()
		}
	})
	return s
}

func (s *standIns) accept(l net.Listener, behaviour string) (all []net.Conn) {
	var program net.Conn // that waits for its child
	for {
		conn, err := l.Accept()
		if err != nil {
			return all
		}
		all = append(all, conn)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		switch who, _ := bufio.NewReader(conn).ReadString('\n'); who {
		case "program\n":
			program = conn
		case "child\n":
			fmt.Fprintln(program, behaviour)
			behaviour = "copies"
			select {
			case s.children <- conn:
			default:
			}
		}
	}
}

// firstChildEnds waits until the first run's child has ended.
func (s *standIns) firstChildEnds() error {
	select {
	case conn := <-s.children:
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, err := conn.Read(make([]byte, 1))
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return errors.New("the first run's child lives on")
		}
		return nil
	case <-time.After(patience):
		return errors.New("no child was started")
	}
}
