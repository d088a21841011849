package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/globalfandom/lightstick/control"
)

type cdnCost struct {
	remote   `embed:""`
	Viewers  int     `help:"Viewers of the event." default:"100000" placeholder:"N"`
	Hours    float64 `help:"Length of the event in hours." default:"1" placeholder:"H"`
	Bitrate  float64 `help:"kbit/s of one viewer. Default: as measured." placeholder:"KBPS"`
	Requests float64 `help:"Requests of one viewer in a second. Default: as measured." placeholder:"N"`
	Country  string  `help:"Country of the viewers, such as JP. Default: that of the viewers of the last hour." placeholder:"CODE"`
	JSON     bool    `help:"Print JSON, as the API does."`
}

func (c *cdnCost) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	query := url.Values{"viewers": {strconv.Itoa(c.Viewers)}, "hours": {number(c.Hours)}}
	if c.Bitrate > 0 {
		query.Set("bitrate", number(c.Bitrate))
	}
	if c.Requests > 0 {
		query.Set("requests", number(c.Requests))
	}
	if c.Country != "" {
		query.Set("country", c.Country)
	}
	var bill control.CostView
	if err := api.call(ctx, http.MethodGet, "/cost?"+query.Encode(), nil, &bill); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, bill)
	}
	return printBill(out, &bill)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// printBill writes what was delivered, and then the projection.
func printBill(out io.Writer, b *control.CostView) error {
	fmt.Fprintf(out, "now          %s %s an hour (the last hour: %s)\n", amount(b.PerHour.FiveMinutes), b.Currency, amount(b.PerHour.Hour))
	fmt.Fprintf(out, "this month   %s %s since %s%s\n", amount(b.Month.Cost), b.Currency, b.Month.Since.Format("2 January"), ofBudget(b))
	if b.PerViewerHour != nil {
		fmt.Fprintf(out, "viewer-hour  %.6f %s\n", *b.PerViewerHour, b.Currency)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, part := range []struct {
		title string
		items []control.CostItem
	}{{"CDN", b.CDNs}, {"STREAM", b.Streams}} {
		if len(part.items) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\tAN HOUR\tMONTH\tSENT\tREQUESTS\tVIEWER-HOURS\t\n", part.title)
		for _, item := range part.items {
			hour, month := amount(item.PerHour.FiveMinutes), amount(item.Month)
			if !item.Priced {
				hour, month = "no price", "no price"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%.1f\t\n", printable(item.Name), hour, month, humanSize(item.Bytes), item.Requests, item.ViewerHours)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printProjection(out, b)
}

func ofBudget(b *control.CostView) string {
	if b.Month.Budget == 0 {
		return ""
	}
	return fmt.Sprintf(", %.0f %% of the budget", 100*b.Month.Cost/b.Month.Budget)
}

// amount is money with the decimals that matter.
func amount(v float64) string {
	if v > 0 && v < 1 {
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func printProjection(out io.Writer, b *control.CostView) error {
	p := b.Projection
	if p == nil {
		_, err := fmt.Fprintln(out, "\nno viewers this month; for a projection add --bitrate and --requests, e.g. --bitrate 5000 --requests 18")
		return err
	}
	how := "as given"
	if p.Measured {
		how = "as measured"
	}
	fmt.Fprintf(out, "\n%d viewers for %s h at %.0f kbit/s and %.1f requests a second each, %s: %s, %d million requests\n\n",
		p.Viewers, number(p.Hours), p.Bitrate, p.RequestsPerSecond, how, humanSize(p.Bytes), p.Requests/1e6)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "CDN\t%s\tAN HOUR\tPRICES\t\n", printable(b.Currency))
	for _, q := range p.CDNs {
		checked := "list"
		if !q.Verified {
			checked = "unverified"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%s\t\n", printable(q.Name), q.Cost, q.PerHour, checked)
	}
	return w.Flush()
}
