package main

import (
	"os"
)

type configCommand struct {
	common `embed:""`
}

func (c *configCommand) Run() error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	return loaded.Print(os.Stdout)
}
