package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

type streamCommands struct {
	Create streamCreate `cmd:"" help:"Create a stream and print its key, which is shown this once."`
	List   streamList   `cmd:"" help:"List the streams, also those on air that nobody created."`
	Set    streamSet    `cmd:"" help:"Change a stream's name, what is recorded of it, or who may watch."`
	Delete streamDelete `cmd:"" help:"Delete a stream. A running server ends it within 2 s."`
}

type keyCommands struct {
	Rotate keyRotate `cmd:"" help:"Give a stream a new key and print it, which is shown this once. A running server disconnects who publishes with the old one within 2 s."`
}

type streamCreate struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the stream."`
	Record bool   `help:"Record it, whatever record.default says."`
	Access string `help:"Who may watch: public, token, or default: as playback.auth says." enum:"public,token,default," default:"" placeholder:"public|token|default"`
}

func (c *streamCreate) Run(ctx context.Context, out io.Writer) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	settings := control.StreamSettings{Access: control.AccessMode(c.Access)}
	if c.Record {
		settings.Record = control.RecordOn
	}
	stream, key, err := store.CreateStream(ctx, c.Name, settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "stream      %s\nstream key  %s\n", stream.ID, key)
	return nil
}

type streamList struct {
	common `embed:""`
}

func (c *streamList) Run(ctx context.Context, out io.Writer) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	streams, err := store.Streams(ctx)
	if err != nil {
		return err
	}
	for _, id := range recording.Broadcasts(c.Data) {
		if !slices.ContainsFunc(streams, func(s control.Stream) bool { return s.ID == id }) {
			streams = append(streams, control.Unregistered(id))
		}
	}
	return printStreams(out, streams)
}

func printStreams(out io.Writer, streams []control.Stream) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STREAM\tNAME\tCREATED\tRECORD\tRETENTION\tACCESS")
	for _, s := range streams {
		created := "not created"
		if s.Registered() {
			created = s.Created.Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Name, created,
			s.Settings.Record, control.FormatRetention(s.Settings.Retention), s.Settings.Access)
	}
	return w.Flush()
}

type streamSet struct {
	common    `embed:""`
	Stream    string  `arg:"" help:"The stream, as 'stream list' names it."`
	Name      *string `help:"New name for people; the stream keeps its place in URLs."`
	Record    string  `help:"Whether it is recorded: on, off, or default: as record.default says." enum:"on,off,default," default:"" placeholder:"on|off|default"`
	Retention *string `help:"How long its recordings are kept: a duration such as 720h, forever, or default: as record.retention says." placeholder:"720h"`
	Access    string  `help:"Who may watch: public, token, or default: as playback.auth says." enum:"public,token,default," default:"" placeholder:"public|token|default"`
}

func (c *streamSet) Run(ctx context.Context, out io.Writer) error {
	change := control.StreamUpdate{Name: c.Name, Retention: c.Retention}
	if c.Record != "" {
		mode := control.RecordMode(c.Record)
		change.Record = &mode
	}
	if c.Access != "" {
		mode := control.AccessMode(c.Access)
		change.Access = &mode
	}
	if change == (control.StreamUpdate{}) {
		return errors.New("nothing to change; use --name, --record, --retention or --access")
	}
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	stream, err := store.UpdateStream(ctx, media.StreamID(c.Stream), change)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Stream, err)
	}
	return printStreams(out, []control.Stream{stream})
}

type streamDelete struct {
	common `embed:""`
	Stream string `arg:"" help:"The stream, as 'stream list' names it."`
}

func (c *streamDelete) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.DeleteStream(ctx, media.StreamID(c.Stream)); err != nil {
		return fmt.Errorf("%s: %w", c.Stream, err)
	}
	return nil
}

type keyRotate struct {
	common `embed:""`
	Stream string `arg:"" help:"The stream, as 'stream list' names it."`
}

func (c *keyRotate) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	key, err := store.RotateKey(ctx, media.StreamID(c.Stream))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Stream, err)
	}
	fmt.Printf("stream key  %s\n", key)
	return nil
}

type configCommand struct {
	common `embed:""`
}

func (c *configCommand) Run() error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tVALUE\tFROM\tENVIRONMENT\tMEANING")
	for _, e := range loaded.Entries() {
		value := e.Value
		if value == "" {
			value = `""`
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Key, value, e.Source, config.EnvName(e.Key), strings.TrimSuffix(e.Help, "."))
	}
	return w.Flush()
}
