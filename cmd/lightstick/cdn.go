package main

type cdnCommands struct {
	Cost cdnCost `cmd:"" help:"Print what delivery costs, and what a show would cost on each CDN."`
}
