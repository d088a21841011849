//go:build !unix

package httpserver

// MaxConnections is the limit that is configured; 0 is none.
func MaxConnections(configured int) int { return configured }
