package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/hls"
)

type loadtestCommands struct {
	HLS  loadtestHLS  `cmd:"" name:"hls" help:"Play a stream with many viewers, and report what they saw. Works with any HLS server."`
	Chat loadtestChat `cmd:"" name:"chat" help:"Fill chat rooms with many connections, write messages, and report what arrived. Works with any server that speaks the centrifuge protocol."`
}

type loadtestHLS struct {
	URL         string        `required:"" name:"url" help:"Multivariant or media playlist." placeholder:"http://HOST/live/STREAM/index.m3u8"`
	Viewers     int           `help:"Number of viewers." default:"100"`
	Ramp        time.Duration `help:"Time over which the viewers arrive." default:"5s"`
	Duration    time.Duration `help:"Time to watch after the ramp." default:"30s"`
	Timeout     time.Duration `help:"Time limit of a response." default:"20s"`
	Mode        string        `help:"low-latency: blocking playlist reloads and parts; plain: polling and segments." default:"low-latency" enum:"low-latency,plain"`
	Variant     int           `help:"Index of the video variant to play, from 0." default:"0"`
	Media       bool          `help:"Fetch parts or segments, not only playlists." default:"true" negatable:""`
	Preload     bool          `help:"Request the hinted part while the reload is held, as Apple's player does. hls.js does not."`
	Gzip        bool          `help:"Request gzip, as browsers do. Decompression costs this tool CPU time."`
	Header      []string      `short:"H" help:"Additional request header, 'Name: value'. Repeatable." sep:"none"`
	Insecure    bool          `help:"Accept any TLS certificate."`
	JSON        string        `name:"json" help:"Write the report as JSON to this file; - is standard output, instead of the table." placeholder:"FILE"`
	AllowErrors int64         `help:"Number of errors and stalls to tolerate before the test fails." default:"0"`
	PID         int           `name:"pid" help:"Process ID of the server on this machine (Linux): report its CPU time and memory."`
	Before      time.Duration `help:"With --pid: time to watch it before the first viewer." default:"0s"`
	After       time.Duration `help:"With --pid: time to watch it after the last viewer has left." default:"5s"`
}

func (c *loadtestHLS) Run(ctx context.Context) error {
	cfg := hls.Config{
		URL: c.URL, Viewers: c.Viewers, Ramp: c.Ramp, Duration: c.Duration, Timeout: c.Timeout,
		Mode: hls.Mode(c.Mode), Variant: c.Variant, NoMedia: !c.Media, Preload: c.Preload, Gzip: c.Gzip,
		Header: c.Header, Insecure: c.Insecure, PID: c.PID, Before: c.Before, After: c.After, Progress: os.Stderr,
	}
	if err := cfg.Validate(); err != nil {
		return usageError("%w", err)
	}
	report, err := hls.Run(ctx, cfg)
	if err != nil {
		return err
	}
	if err := writeReport(report, c.JSON); err != nil {
		return err
	}
	if failed := report.Failed(); failed > c.AllowErrors {
		return fmt.Errorf("too many failures: errors %d, stalls %d; --allow-errors is %d", report.ErrorCount, report.Stalls, c.AllowErrors)
	}
	return nil
}

// writeReport prints the report as a table, and as JSON into the file, if there is
// one; "-" is standard output, in place of the table.
func writeReport(report interface{ WriteTable(io.Writer) error }, file string) error {
	if file != "-" {
		if err := report.WriteTable(os.Stdout); err != nil {
			return err
		}
	}
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if file == "-" {
		_, err = os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
