package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
)

type cdnImportLog struct {
	remote `embed:""`
	CDN    string   `name:"cdn" help:"Name of the CDN in the price table, such as cloudfront." required:"" placeholder:"NAME"`
	Format string   `help:"Format of the logs: auto, cloudfront, fastly or json." default:"auto" enum:"auto,cloudfront,fastly,json"`
	JSON   bool     `help:"Print JSON, as the API does."`
	Files  []string `arg:"" help:"Log files, plain or gzip; - is standard input."`
}

func (c *cdnImportLog) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	path := "/cdn-logs?" + url.Values{"cdn": {c.CDN}, "format": {c.Format}}.Encode()
	for _, name := range c.Files {
		if err := c.importFile(ctx, api, path, name, out); err != nil {
			return err
		}
	}
	return nil
}

func (c *cdnImportLog) importFile(ctx context.Context, api *apiClient, path, name string, out io.Writer) error {
	log := io.Reader(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		log = f
	}
	var s cdnlog.Summary
	if err := api.upload(ctx, path, log, &s); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if c.JSON {
		return printJSON(out, s)
	}
	return printSummary(out, name, &s)
}

// maxShown bounds the streams in a table.
const maxShown = 20

func printSummary(out io.Writer, name string, s *cdnlog.Summary) error {
	fmt.Fprintf(out, "%s: %d requests, %s", printable(name), s.Requests, humanSize(s.Bytes))
	if s.Hits+s.Misses > 0 {
		fmt.Fprintf(out, ", %.1f %% from the cache", 100*s.HitRatio)
	}
	if s.Before > 0 {
		fmt.Fprintf(out, "; %d lines were imported before", s.Before)
	}
	fmt.Fprintln(out)
	if s.Requests > 0 {
		fmt.Fprintf(out, "from %s to %s (UTC)\n", s.From.Format(time.DateTime), s.To.Format(time.DateTime))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	names := slices.SortedFunc(maps.Keys(s.Streams), func(a, b string) int { return int(s.Streams[b].Requests - s.Streams[a].Requests) })
	for _, stream := range names[:min(len(names), maxShown)] {
		v := s.Streams[stream]
		if stream == "" {
			stream = "(no stream)"
		}
		fmt.Fprintf(w, "  %s\t%d\t%s\n", printable(stream), v.Requests, humanSize(v.Bytes))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if s.Rejected > 0 {
		fmt.Fprintf(out, "%d lines were rejected:\n", s.Rejected)
		for _, r := range s.Reasons {
			fmt.Fprintf(out, "  line %d: %s\n", r.Line, printable(r.Reason))
		}
	}
	return nil
}
