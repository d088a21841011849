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
	Stream    string `arg:"" help:"Stream ID. The stream may be deleted already."`
	Recording string `help:"Purge only this recording." placeholder:"ID"`
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
	fmt.Fprintln(out, "purging; GET /api/v1/purges shows the progress. So far:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CDN\tKIND\tWAITING\tPURGED\tERROR")
	for _, t := range answer.Targets {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", printable(t.Name), t.Kind, t.Waiting, t.Purged, printable(t.Error))
	}
	return w.Flush()
}
