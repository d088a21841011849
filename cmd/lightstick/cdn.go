package main

type cdnCommands struct {
	Config    cdnConfig    `cmd:"" help:"Print a ready configuration for a cache before this origin."`
	Cost      cdnCost      `cmd:"" help:"Print what delivery costs, and what a show would cost on each CDN."`
	Purge     cdnPurge     `cmd:"" help:"Have all CDNs forget a stream, or a recording."`
	ImportLog cdnImportLog `cmd:"" help:"Count a CDN's access logs in a running server's bill."`
	Sign      cdnSign      `cmd:"" help:"Sign an address as a CDN checks it by itself."`
}
