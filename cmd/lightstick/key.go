package main

import (
	"context"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

type keyCommands struct {
	Rotate keyRotate `cmd:"" help:"Replace a stream key and print the new one, which is shown only once. A running server disconnects a publisher with the old key within 2 s."`
}

type keyRotate struct {
	common `embed:""`
	Stream string `arg:"" help:"Stream ID, from 'lightstick stream list'."`
}

func (c *keyRotate) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	key, err := store.RotateKey(ctx, media.StreamID(c.Stream))
	if err != nil {
		return aboutStream(c.Stream, err)
	}
	fmt.Printf("stream key  %s\n", key)
	return nil
}
