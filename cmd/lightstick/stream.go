package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

type streamCommands struct {
	Create streamCreate `cmd:"" help:"Create a stream and print its stream key, which is shown only once."`
	List   streamList   `cmd:"" help:"List the streams, including those that were published without being created."`
	Set    streamSet    `cmd:"" help:"Change a stream's name, recording or access."`
	Delete streamDelete `cmd:"" help:"Delete a stream. A running server takes it off air within 2 s."`
}

type streamCreate struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the stream."`
	Record bool   `help:"Record it, even if record.default is off."`
	Access string `help:"Who may watch. public: everybody; token: holders of a playback token; default: follow playback.auth." enum:"public,token,default," default:"" placeholder:"public|token|default"`
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
	if errors.Is(err, control.ErrExists) {
		return fmt.Errorf("%w; choose another name, or replace its key with 'lightstick key rotate'", err)
	}
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
	Stream    string  `arg:"" help:"Stream ID, from 'lightstick stream list'."`
	Name      *string `help:"New display name. The ID in URLs stays."`
	Record    string  `help:"Whether to record it. default: follow record.default." enum:"on,off,default," default:"" placeholder:"on|off|default"`
	Retention *string `help:"How long to keep its recordings: a duration such as 720h, forever, or default (follow record.retention)." placeholder:"720h"`
	Access    string  `help:"Who may watch. public: everybody; token: holders of a playback token; default: follow playback.auth." enum:"public,token,default," default:"" placeholder:"public|token|default"`
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
		return usageError("nothing to change; use --name, --record, --retention or --access")
	}
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	stream, err := store.UpdateStream(ctx, media.StreamID(c.Stream), change)
	if err != nil {
		return aboutStream(c.Stream, err)
	}
	return printStreams(out, []control.Stream{stream})
}

type streamDelete struct {
	common `embed:""`
	Stream string `arg:"" help:"Stream ID, from 'lightstick stream list'."`
}

func (c *streamDelete) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.DeleteStream(ctx, media.StreamID(c.Stream)); err != nil {
		return aboutStream(c.Stream, err)
	}
	return nil
}

// aboutStream adds the stream to an error, and where to find those that there are.
func aboutStream(name string, err error) error {
	if errors.Is(err, control.ErrNotFound) {
		return fmt.Errorf("%s: %w; 'lightstick stream list' shows all", name, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
