//go:build !unix

package app

import "math"

// maxConnections is the limit that is configured; 0 is none.
func maxConnections(configured int) int { return configured }

// freeSpace is not known here.
func freeSpace(string) (uint64, error) { return math.MaxUint64, nil }
