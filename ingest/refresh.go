package ingest

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// openGOPAfter is how long a source may go without a key frame before its recovery
// points are taken for such.
const openGOPAfter = 5 * time.Second

// refresh decides what counts as a key frame. A source with open groups of pictures
// has none but perhaps its first picture: without recovery points it would never
// start, or never be cut. Pictures between one and what comes before it in display
// order may then look broken to a player that joins there, for a few frames.
type refresh struct {
	begun bool
	since media.Ticks // of the last key frame, or the first picture
	open  bool
}

func (r *refresh) key(au *bitstream.AccessUnit, at media.Ticks) bool {
	if au.KeyFrame || !r.begun {
		r.begun, r.since = true, at
	}
	r.open = r.open || (at-r.since).Duration(media.VideoTimescale) >= openGOPAfter
	return au.KeyFrame || r.open && au.RecoveryPoint
}

func (r *refresh) news() (Advice, bool) { return Advice{}, false }
