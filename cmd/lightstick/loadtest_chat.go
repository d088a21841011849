package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/chat"
)

type loadtestChat struct {
	URL         string        `required:"" name:"url" help:"WebSocket URL of the server." placeholder:"ws://HOST/connection/websocket"`
	Connections int           `name:"conns" help:"Number of readers, spread evenly over the rooms." default:"100"`
	Rate        float64       `help:"Messages a second in each room." default:"2"`
	Rooms       int           `help:"Number of rooms." default:"1"`
	Channel     string        `help:"Channel name of a room; {n} is the number of the room, from 1." default:"chat:load{n}"`
	Publishers  int           `help:"Connections that write in each room." default:"1"`
	Duration    time.Duration `name:"for" help:"Time to write after all connections are open." default:"30s"`
	Ramp        time.Duration `help:"Time over which readers arrive; 0: as fast as the server accepts them." default:"5s"`
	Even        bool          `help:"Write at even intervals, not at random ones as people do."`
	Text        int           `help:"Bytes of a message's text." default:"100"`
	Token       string        `help:"JWT for every connection. Default: guests." env:"LIGHTSTICK_LOADTEST_TOKEN"`
	Name        string        `help:"Name of guests, followed by a number." default:"load"`
	API         string        `name:"api" help:"Publish by POST to this URL, such as Centrifugo's /api/publish, instead of by connections."`
	APIKey      string        `name:"api-key" help:"Key for --api." env:"LIGHTSTICK_LOADTEST_API_KEY"`
	Connecting  int           `help:"Number of connections that are opened at the same time." default:"256"`
	Timeout     time.Duration `help:"Time limit for opening a connection." default:"30s"`
	Insecure    bool          `help:"Accept any TLS certificate."`
	JSON        string        `name:"json" help:"Write the report as JSON to this file; - is standard output, instead of the table." placeholder:"FILE"`
	AllowErrors int64         `help:"Number of faults (lost, duplicated, refused, disconnected…) to tolerate before the test fails." default:"0"`
	PID         int           `name:"pid" help:"Process ID of the server on this machine (Linux): report its CPU time and memory."`
}

func (c *loadtestChat) Run(ctx context.Context) error {
	cfg := chat.Config{
		URL: c.URL, Connections: c.Connections, Rate: c.Rate, Rooms: c.Rooms, Channel: c.Channel, Publishers: c.Publishers,
		Duration: c.Duration, Ramp: c.Ramp, Even: c.Even, Text: c.Text, Token: c.Token, Name: c.Name, API: c.API, APIKey: c.APIKey,
		Connecting: c.Connecting, Timeout: c.Timeout, Insecure: c.Insecure, PID: c.PID, Progress: os.Stderr,
	}
	if err := cfg.Validate(); err != nil {
		return usageError("%w", err)
	}
	report, err := chat.Run(ctx, cfg)
	if err != nil {
		return err
	}
	if err := writeReport(report, c.JSON); err != nil {
		return err
	}
	if failed := report.Failed(); failed > c.AllowErrors {
		return fmt.Errorf("too many faults: %d; --allow-errors is %d", failed, c.AllowErrors)
	}
	return nil
}
