package ingest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The words are for creators: none of them is a network library's, nor is there an address
// in them.
func TestLost(t *testing.T) {
	tests := []struct {
		cause error
		want  string
	}{
		{&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}, "nothing came for 10s; see whether the encoder still runs"},
		{fmt.Errorf("reading: %w", io.EOF), "closed the connection without ending the stream"},
		{io.ErrUnexpectedEOF, "closed the connection without ending the stream"},
		{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "closed the connection without ending the stream"},
		{errors.New("a reason of its own"), "connection lost: a reason of its own"},
	}
	for _, tt := range tests {
		err := Lost(tt.cause, 10*time.Second)
		if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q in it", tt.cause, err, tt.want)
		}
		if strings.Contains(err.Error(), "tcp") || strings.Contains(err.Error(), "EOF") {
			t.Errorf("%v", err)
		}
	}
}
