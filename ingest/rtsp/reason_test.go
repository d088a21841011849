package rtsp

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"github.com/globalfandom/lightstick/ingest"
)

func TestReasons(t *testing.T) {
	pull := func(err error) error { return pullFault(fmt.Errorf("DESCRIBE: %w", err)) }
	tests := []struct {
		got  error
		want string
		lost bool
	}{
		{lost(liberrors.ErrServerSessionTimedOut{}, 10*time.Second), "nothing came by UDP for 10s", true},
		{lost(io.EOF, 10*time.Second), "closed the connection without ending the stream", true},
		{pull(liberrors.ErrClientBadStatusCode{Code: base.StatusUnauthorized, Message: "Unauthorized"}), "wrong user or password", false},
		{pull(liberrors.ErrClientBadStatusCode{Code: base.StatusNotFound, Message: "Not Found"}), "nothing is there under this address", false},
		{pull(liberrors.ErrClientTCPTimeout{}), "the camera sends nothing any more", true},
		{pull(liberrors.ErrClientUDPTimeout{}), "the camera sends nothing any more", true},
		{pull(io.EOF), "the camera closed the connection", true},
		{pull(errors.New("another")), "DESCRIBE: another", false},
	}
	for _, tt := range tests {
		if !strings.Contains(tt.got.Error(), tt.want) || errors.Is(tt.got, ingest.ErrLost) != tt.lost {
			t.Errorf("%v, want %q in it; lost: %v", tt.got, tt.want, tt.lost)
		}
	}
}
