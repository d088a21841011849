package recording

import (
	"fmt"
	"time"
)

// Settings are record.* of the configuration: for streams that don't have their own.
type Settings struct {
	Default   bool          `key:"record.default" words:"off on" default:"off" help:"off | on: whether streams without a setting of their own are recorded."`
	Retention time.Duration `key:"record.retention" default:"0s" help:"How long finished recordings of streams without a setting of their own are kept, such as 720h, in whole seconds. 0: forever."`
}

// Validate refuses fractions of a second, which the database does not keep either.
func (s *Settings) Validate() error {
	if d := s.Retention; d < 0 || d%time.Second != 0 {
		return fmt.Errorf("record.retention: %v is not allowed; use whole seconds, or 0 to keep recordings forever", d)
	}
	return nil
}
