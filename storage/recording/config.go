package recording

import (
	"context"
	"log/slog"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Policy says whether a stream's next broadcast is recorded, and for how long it is kept.
type Policy struct {
	Title     string
	Record    bool
	Retention time.Duration // of the recording; 0: for ever
}

// Config of a library.
type Config struct {
	Dir      string          // everything is below it
	Packager packager.Config // how the streams are packaged
	Policy   func(context.Context, media.StreamID) (Policy, error)
	Replicas []Replica
	Remote   Remote // nil: there is none
	FFmpeg   string // "" for no thumbnails and no MP4
	// Deleted, if there is one, is told what was deleted for good: the recording, and
	// prefixes of keys under which nothing is left. It must not block.
	Deleted func(stream media.StreamID, recording string, prefixes []string)
	Log     *slog.Logger
}
