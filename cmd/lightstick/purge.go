package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"text/tabwriter"

	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/media"
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

// deleted has the CDNs forget a recording and its media. That a queue is full is
// counted, and hinders no deletion.
func (p *purges) deleted(stream media.StreamID, recording string, prefixes []string) {
	_ = p.Purge(purge.Object{Stream: string(stream), Recording: recording})
	for _, prefix := range prefixes {
		if o, ok := purge.FromPrefix(prefix); ok {
			_ = p.Purge(o)
		}
	}
}

type cdnPurge struct {
	remote    `embed:""`
	Stream    string `arg:"" help:"The stream; it need not exist any more."`
	Recording string `help:"Only this recording's playlists and files." placeholder:"ID"`
}

func (c *cdnPurge) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	in := struct {
		Recording string `json:"recording,omitempty"`
	}{c.Recording}
	var answer struct{ Targets []purge.Status }
	if err := api.call(ctx, http.MethodPost, "/streams/"+url.PathEscape(c.Stream)+"/purge", in, &answer); err != nil {
		return err
	}
	fmt.Fprintln(out, "the CDNs are being asked; GET /api/v1/purges tells how it goes. So far:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CDN\tKIND\tWAITING\tPURGED\tERROR")
	for _, t := range answer.Targets {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", printable(t.Name), t.Kind, t.Waiting, t.Purged, printable(t.Error))
	}
	return w.Flush()
}
