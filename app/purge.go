package app

import (
	"log/slog"

	"github.com/globalfandom/lightstick/cdn/purge"
)

// purges are the CDNs that forget what is deleted.
type purges struct {
	*purge.Queue
	tags []string // headers that the origin must send
}

func openPurges(targets purge.Targets, log *slog.Logger) *purges {
	return &purges{purge.NewQueue(targets, log), targets.TagHeaders()}
}
