// Command lightstick is a live HLS origin and packaging pipeline in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the build (-ldflags -X main.version=…).
var version = "development"

// common are the options of every command that works on a server's data.
type common struct {
	Config string   `short:"c" help:"Configuration file (YAML)." placeholder:"FILE" env:"LIGHTSTICK_CONFIG_FILE" type:"existingfile"`
	Data   string   `help:"Directory of everything that is kept." default:"data" env:"LIGHTSTICK_DATA_DIR" placeholder:"DIR"`
	Set    []string `help:"Set one configuration key, e.g. --set http.listen=:8081. Repeatable." placeholder:"KEY=VALUE" sep:"none"`
}

var cli struct {
	Serve      serveCommand       `cmd:"" help:"Run the server."`
	Demo       demoCommand        `cmd:"" help:"Run the server with a built-in test stream."`
	Stream     streamCommands     `cmd:"" help:"Create, list and delete streams."`
	Key        keyCommands        `cmd:"" help:"Replace stream keys."`
	Recordings recordingsCommands `cmd:"" help:"List, export, clip and delete recordings of a running server."`
	CDN        cdnCommands        `cmd:"" name:"cdn" help:"What goes between this origin and its viewers: caches, and what they cost."`
	Chat       chatCommands       `cmd:"" help:"Accounts and tokens of the chat."`
	Token      tokenCommands      `cmd:"" help:"Make playback tokens, which let their holders watch."`
	Check      checkCommand       `cmd:"" help:"Watch a live stream on any server and tell which rules of low-latency HLS it breaks."`
	Loadtest   loadtestCommands   `cmd:"" help:"Load a server with viewers and report what they saw."`
	Health     healthCommand      `cmd:"" help:"Tell by the exit code whether the server is ready, for health checks."`
	Config     configCommand      `cmd:"" help:"Print the effective configuration, with where each value comes from."`
	Version    versionCommand     `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println("lightstick", version)
	return err
}

// exitUsage ends after help, or with 2 where the command line was not understood;
// kong's own code for that is 80.
func exitUsage(code int) {
	if code != 0 {
		code = 2
	}
	os.Exit(code)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed := kong.Parse(&cli, kong.Name("lightstick"), kong.UsageOnError(),
		kong.Description("A live HLS origin: RTMP, SRT and RTSP in, low-latency HLS out."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)), kong.Exit(exitUsage))
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		exit(err)
	}
}
