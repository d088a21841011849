package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/globalfandom/lightstick/tools/check"
)

type checkCommand struct {
	URL           string        `arg:"" help:"Multivariant or media playlist of a live stream, on any server."`
	For           time.Duration `help:"How long to watch." default:"20s"`
	Header        []string      `short:"H" help:"Additional request header, 'Name: value', for the host of the URL. Repeatable." sep:"none"`
	JSON          bool          `help:"Print the report as JSON."`
	DateTolerance time.Duration `help:"How far EXT-X-PROGRAM-DATE-TIME may be from the sum of the durations." default:"50ms"`
	Slack         time.Duration `help:"Delay of the network that timing rules tolerate." default:"500ms"`
}

// exitError is an error with an exit code of its own; without a cause nothing is
// printed for it.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// Run ends with 0 if no rule is broken, 1 if one is, 2 if there was nothing to check.
func (c *checkCommand) Run(ctx context.Context) error {
	cfg := check.Config{URL: c.URL, For: c.For, Header: c.Header, DateTolerance: c.DateTolerance, Slack: c.Slack}
	if isTerminal(os.Stderr) {
		cfg.Progress = c.progress
	}
	report, err := check.Run(ctx, cfg)
	if cfg.Progress != nil {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
	if err != nil {
		return &exitError{2, err}
	}
	if err := c.print(&report); err != nil {
		return err
	}
	if report.Count(check.Broken) > 0 {
		return &exitError{code: 1}
	}
	return nil
}

func (c *checkCommand) print(report *check.Report) error {
	if !c.JSON {
		return report.WriteText(os.Stdout)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

func (c *checkCommand) progress(p check.Progress) {
	fmt.Fprintf(os.Stderr, "\r\033[K%2.0f of %.0f s: %d renditions, %d segments, %d parts; %d rules broken, %d warnings ",
		p.Elapsed.Seconds(), c.For.Seconds(), p.Renditions, p.Segments, p.Parts, p.Broken, p.Warnings)
}

// isTerminal reports whether a person is at the other end. The null device, which
// services have for all three, is a character device too.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// exit prints an error and ends with its code.
func exit(err error) {
	code := 1
	if own := (*exitError)(nil); errors.As(err, &own) {
		code = own.code
		if own.cause == nil {
			os.Exit(code)
		}
	}
	fmt.Fprintln(os.Stderr, "lightstick:", err)
	os.Exit(code)
}
