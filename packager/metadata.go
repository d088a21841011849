package packager

import (
	"github.com/globalfandom/lightstick/packager/hls"
)

// AddDateRange puts metadata into every media playlist at once, or changes the
// date range of the same ID; class and start of that stay. It fails with
// hls.ErrDateRange.
func (s *Stream) AddDateRange(d hls.DateRange) error {
	if err := d.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leading == nil || len(s.leading.window.closed) == 0 {
		s.dates.put(d, s.clock.Start)
		return nil
	}
	s.dates.put(d, s.leading.window.last().ProgramDateTime)
	for _, r := range s.Renditions() {
		s.publish(r)
	}
	return nil
}
