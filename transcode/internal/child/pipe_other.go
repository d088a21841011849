//go:build !linux

package child

import "os"

// widen does nothing: the default size works too.
func widen(*os.File) {}
