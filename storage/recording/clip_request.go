package recording

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// ClipRequest asks for a span to be kept as a recording of its own. One of Stream
// and Recording says of what.
type ClipRequest struct {
	Stream    media.StreamID // a live stream, within its window
	Recording string         // ID of a finished recording
	// Start and End are program date times. The clip begins with the segment that
	// Start falls into and ends with that of End.
	Start, End time.Time
	Title      string // "": made from the source's
}
