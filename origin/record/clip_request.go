package record

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// ClipRequest asks for a clip of a recording, or of a stream that is on air.
type ClipRequest struct {
	Stream     media.StreamID // of the recording too, where that is not said otherwise
	Recording  string         // "": the stream's broadcast that goes on
	Start, End time.Time      // program date times
	Title      string         // "": that of what it is a clip of
}
