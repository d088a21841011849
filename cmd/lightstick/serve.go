package main

import (
	"context"
	"os"

	"github.com/globalfandom/lightstick/app"
)

type serveCommand struct {
	common `embed:""`
	Role   string `help:"What this process does. all: everything; chat: only chat rooms, for streams on other servers." default:"all" enum:"all,chat"`
}

// options are what a server of this command line is told.
func (c common) options() app.Options { return app.Options{Dir: c.Data, Version: version} }

func (c *serveCommand) Run(ctx context.Context) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	log, level := app.NewLogger(&loaded.Config, os.Stderr)
	reload := app.NewReloader(loaded, c.load, level, log)
	defer reload.Close()
	if c.Role == "chat" {
		return app.RunChat(ctx, c.options(), &loaded.Config, reload, log, os.Stdout)
	}
	s, err := app.New(ctx, c.options(), &loaded.Config, log)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.FirstStart(ctx, os.Stdout); err != nil {
		return err
	}
	s.ReloadWith(reload)
	return s.Run(ctx, reload)
}
