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
	Data   string   `help:"Data directory: database, keys and recordings." default:"data" env:"LIGHTSTICK_DATA_DIR" placeholder:"DIR"`
	Set    []string `help:"Set a configuration key, such as --set http.listen=:8081. Repeatable." placeholder:"KEY=VALUE" sep:"none"`
}

var cli struct {
	Serve      serveCommand       `cmd:"" help:"Run the server."`
	Demo       demoCommand        `cmd:"" help:"Run the server with a built-in test stream."`
	Stream     streamCommands     `cmd:"" help:"Create, list, change and delete streams."`
	Key        keyCommands        `cmd:"" help:"Replace stream keys."`
	Recordings recordingsCommands `cmd:"" help:"List, export, clip and delete recordings of a running server."`
	CDN        cdnCommands        `cmd:"" name:"cdn" help:"Configure caches and CDNs, purge them, sign URLs, and show what delivery costs."`
	Chat       chatCommands       `cmd:"" help:"Manage chat accounts, chat tokens and stored messages."`
	Token      tokenCommands      `cmd:"" help:"Create playback tokens, and list the keys that sign them."`
	Check      checkCommand       `cmd:"" help:"Watch a live stream on any server, and report the rules of low-latency HLS that it breaks."`
	Loadtest   loadtestCommands   `cmd:"" help:"Load a server with viewers or chat clients, and report what they saw."`
	Health     healthCommand      `cmd:"" help:"Report by the exit code whether the server is ready, for health checks."`
	Config     configCommand      `cmd:"" help:"Print the effective configuration, with where each value comes from."`
	Version    versionCommand     `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println("lightstick", version)
	return err
}

// newParser reads command lines. Help goes to standard output; exit is called after it.
func newParser(ctx context.Context, out io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(&cli, kong.Name("lightstick"), helpOptions, kong.ValueFormatter(describe),
		kong.Description("A live HLS origin: RTMP, SRT and RTSP in, low-latency HLS out."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(out, (*io.Writer)(nil)), kong.Writers(out, os.Stderr), kong.Exit(exit))
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser, err := newParser(ctx, os.Stdout, os.Exit)
	if err != nil {
		exit(err)
	}
	parsed, err := parser.Parse(wantsHelp(os.Args[1:]))
	if err != nil {
		exit(explainUsage(err))
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		exit(err)
	}
}
