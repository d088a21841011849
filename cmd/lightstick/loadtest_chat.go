package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/chat"
)

type loadtestChat struct {
	URL         string        `required:"" name:"url" help:"WebSocket of the server." placeholder:"ws://HOST/connection/websocket"`
	Connections int           `name:"conns" help:"How many readers, spread evenly over the rooms." default:"100"`
	Rate        float64       `help:"Messages a second in each room." default:"2"`
	Rooms       int           `help:"How many rooms." default:"1"`
	Channel     string        `help:"Name of a room's channel; {n} is the room's number, from 1." default:"chat:load{n}"`
	Publishers  int           `help:"Connections that write, in each room." default:"1"`
	Duration    time.Duration `name:"for" help:"Time to write, after all are connected." default:"30s"`
	Ramp        time.Duration `help:"Time over which readers arrive; 0: as fast as the server takes them." default:"5s"`
	Even        bool          `help:"Write at even distances, not at random ones as people do."`
	Text        int           `help:"Bytes of a message's text." default:"100"`
	Token       string        `help:"JWT for every connection; none: guests." env:"LIGHTSTICK_LOADTEST_TOKEN"`
	Name        string        `help:"Name of guests, with a number behind it." default:"load"`
	API         string        `name:"api" help:"Publish by POST to this URL, not by connections: Centrifugo's /api/publish."`
	APIKey      string        `name:"api-key" help:"Key for --api." env:"LIGHTSTICK_LOADTEST_API_KEY"`
	Connecting  int           `help:"How many connect at one time." default:"256"`
	Timeout     time.Duration `help:"Longest that a connection's beginning may take." default:"30s"`
	Insecure    bool          `help:"Accept any TLS certificate."`
	JSON        string        `name:"json" help:"Write the report as JSON; - is standard output, in place of the table." placeholder:"FILE"`
	AllowErrors int64         `help:"How many faults (lost, doubled, refused, disconnected…) still make a success." default:"0"`
	PID         int           `name:"pid" help:"Server process on this machine (Linux): report its CPU time and memory."`
}

func (c *loadtestChat) Run(ctx context.Context) error {
	report, err := chat.Run(ctx, chat.Config{
		URL: c.URL, Connections: c.Connections, Rate: c.Rate, Rooms: c.Rooms, Channel: c.Channel, Publishers: c.Publishers,
		Duration: c.Duration, Ramp: c.Ramp, Even: c.Even, Text: c.Text, Token: c.Token, Name: c.Name, API: c.API, APIKey: c.APIKey,
		Connecting: c.Connecting, Timeout: c.Timeout, Insecure: c.Insecure, PID: c.PID, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	if err := writeReport(report, c.JSON); err != nil {
		return err
	}
	if failed := report.Failed(); failed > c.AllowErrors {
		return fmt.Errorf("%d faults, %d allowed", failed, c.AllowErrors)
	}
	return nil
}
