package persist

import (
	"errors"
	"time"
)

// Settings are those of chat.* of the configuration that concern what is kept.
type Settings struct {
	// Retention is for how long messages are kept; 0: for ever.
	Retention time.Duration `key:"chat.retention" default:"720h" help:"How long messages are kept for replays and moderators, 1h or more. 0: forever."`
}

// Validate reports a time too short for a replay.
func (s *Settings) Validate() error {
	if s.Retention < 0 || s.Retention > 0 && s.Retention < time.Hour {
		return errors.New("chat.retention: use 1h or more, or 0 to keep messages forever")
	}
	return nil
}
