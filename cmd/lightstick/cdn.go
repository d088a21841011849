package main

type cdnCommands struct {
	Config    cdnConfig    `cmd:"" help:"Print a complete configuration for a cache in front of this origin."`
	Cost      cdnCost      `cmd:"" help:"Print what delivery costs, and what an event would cost on each CDN."`
	Purge     cdnPurge     `cmd:"" help:"Purge a stream or a recording from all CDNs."`
	ImportLog cdnImportLog `cmd:"" help:"Import a CDN's access logs into a running server's bill."`
	Sign      cdnSign      `cmd:"" help:"Sign a URL in the form that a CDN verifies by itself."`
}
