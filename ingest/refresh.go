package ingest

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

const (
	// openGOPAfter is how long a source may go without a key frame before its recovery
	// points are taken for such.
	openGOPAfter = 5 * time.Second
	// gradualAfter is how long a source that refreshes its pictures bit by bit may go
	// without one until the creator is told.
	gradualAfter = 4 * time.Second
	// keylessAfter is how long any source may.
	keylessAfter = 10 * time.Second
)

// refresh decides what counts as a key frame. A source with open groups of pictures, or
// one that refreshes its pictures bit by bit, has none but perhaps its first picture:
// without recovery points it would never start, or never be cut. Decoders that begin at
// such a point show broken pictures or none until it is reached; those of browsers begin
// at IDR pictures only, which the creator is told.
type refresh struct {
	begun   bool
	since   media.Ticks // of the last key frame, or the first picture
	longest media.Ticks // time between key frames
	open    bool
	points  int    // recovery points since the last key frame
	gradual bool   // the last one counts frames
	text    string // of the advice that stands
}

func (r *refresh) key(au *bitstream.AccessUnit, at media.Ticks) bool {
	switch {
	case !r.begun:
		r.begun, r.since = true, at
	case au.KeyFrame:
		r.longest, r.since, r.points = max(r.longest, at-r.since), at, 0
	}
	gradual := au.RefreshFrames() > 0
	point := au.RecoveryPoint || gradual
	if point {
		r.points, r.gradual = r.points+1, gradual
	}
	r.open = r.open || (at-r.since).Duration(media.VideoTimescale) >= openGOPAfter
	return au.KeyFrame || r.open && point
}

// advice tells at a picture's time what is new about the lack of key frames.
func (r *refresh) advice(at media.Ticks) (a Advice, news bool) {
	text := ""
	without := (at - r.since).Duration(media.VideoTimescale)
	usual := r.longest.Duration(media.VideoTimescale) * 3 / 2
	switch {
	case without < max(gradualAfter, usual):
	case r.points > 0 && r.gradual:
		text = "the encoder refreshes pictures bit by bit and sends no keyframes, so browsers show nothing to whoever joins;" +
			" turn intra refresh (periodic refresh, GDR) off and set the keyframe interval to 2 s"
	case without < max(openGOPAfter, usual):
	case r.points > 0:
		text = "the encoder sends recovery points and no keyframes (open GOP), so browsers show nothing to whoever joins;" +
			" set closed GOPs, or IDR pictures every 2 s"
	case without >= max(keylessAfter, usual):
		text = "no keyframe has come for a while, so whoever joins sees nothing; set the keyframe interval to 2 s"
	}
	if text == r.text {
		return Advice{}, false
	}
	r.text = text
	return Advice{Code: adviceNoKeyframes, Severity: Warning, Text: text}, true
}
