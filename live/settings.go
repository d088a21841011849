package live

import (
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are publish.* of the configuration.
type Settings struct {
	Open      bool          `key:"publish.open" default:"false" help:"Whether anybody may publish, with any key, which is the stream's name: true or false. For tests and local use."`
	Reconnect time.Duration `key:"publish.reconnect" default:"60s" help:"How long a stream waits for its publisher to return before it ends, at most 1h."`
}

// Validate reports every fault.
func (s *Settings) Validate() error {
	return setting.CheckRange("publish.reconnect", s.Reconnect, 0, time.Hour)
}
