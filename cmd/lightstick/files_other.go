//go:build !unix

package main

// maxConnections is the limit that is configured; 0 is none.
func maxConnections(configured int) int { return configured }
