package app

import (
	"log/slog"
	"slices"

	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/config"
)

// purges are the CDNs that forget what is deleted.
type purges struct {
	*purge.Queue
	tags []string // headers that the origin must send
}

func openPurges(cfg *config.Config, log *slog.Logger) (*purges, error) {
	targets, err := cfg.PurgeTargets()
	if err != nil {
		return nil, err
	}
	p := &purges{Queue: purge.NewQueue(targets, log)}
	for _, t := range targets {
		if t.TagHeader != "" && !slices.Contains(p.tags, t.TagHeader) {
			p.tags = append(p.tags, t.TagHeader)
		}
	}
	return p, nil
}
