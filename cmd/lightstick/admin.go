package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/media"
)

type streamCommands struct {
	Create streamCreate `cmd:"" help:"Create a stream and print its key, which is shown this once."`
	List   streamList   `cmd:"" help:"List the streams."`
	Delete streamDelete `cmd:"" help:"Delete a stream. A running server ends it when its publisher leaves; the API does so at once."`
}

type keyCommands struct {
	Rotate keyRotate `cmd:"" help:"Give a stream a new key and print it, which is shown this once."`
}

type streamCreate struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the stream."`
}

func (c *streamCreate) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	stream, key, err := store.CreateStream(ctx, c.Name)
	if err != nil {
		return err
	}
	fmt.Printf("stream      %s\nstream key  %s\n", stream.ID, key)
	return nil
}

type streamList struct {
	common `embed:""`
}

func (c *streamList) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	streams, err := store.Streams(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STREAM\tNAME\tCREATED")
	for _, s := range streams {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.ID, s.Name, s.Created.Format(time.DateTime))
	}
	return w.Flush()
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
