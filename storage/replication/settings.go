package replication

import "github.com/globalfandom/lightstick/internal/setting"

// Settings are what of storage.* of the configuration concerns copies.
type Settings struct {
	// Spill is how many bytes of a stream may wait, on the disk; then the oldest is given up.
	Spill setting.Size `key:"storage.spill" default:"10GB" help:"Disk space for media that waits while an object storage can't be reached, for each stream; then the oldest is given up."`
}
