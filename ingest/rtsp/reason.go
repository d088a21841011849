package rtsp

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"github.com/globalfandom/lightstick/ingest"
)

// lost says why a publisher's session ended that it did not tear down.
func lost(cause error, idle time.Duration) error {
	if errors.As(cause, &liberrors.ErrServerSessionTimedOut{}) {
		return fmt.Errorf("%w: nothing came by UDP for %v; see whether the encoder still runs, or let it publish by TCP if a firewall keeps UDP out",
			ingest.ErrLost, idle)
	}
	return ingest.Lost(cause, idle)
}

// pullFault says what is wrong with a camera, or with its address, if it can be told.
func pullFault(err error) error {
	var status liberrors.ErrClientBadStatusCode
	switch {
	case errors.As(err, &status) && (status.Code == base.StatusUnauthorized || status.Code == base.StatusForbidden):
		return fmt.Errorf("%w: %w", ingest.ErrCredentials, err)
	case errors.As(err, &status) && status.Code == base.StatusNotFound:
		return fmt.Errorf("%w: %w", ingest.ErrNoStream, err)
	case errors.As(err, &liberrors.ErrClientTCPTimeout{}), errors.As(err, &liberrors.ErrClientUDPTimeout{}):
		return fmt.Errorf("%w: the camera sends nothing any more; check it, and its network", ingest.ErrLost)
	case errors.As(err, &liberrors.ErrClientRequestTimedOut{}):
		return errNoAnswer
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the camera closed the connection; it may take fewer viewers at once than it has", ingest.ErrLost)
	}
	return err
}
