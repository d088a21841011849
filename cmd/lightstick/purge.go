package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/globalfandom/lightstick/cdn/purge"
)

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
