package record

import "context"

// illustrate adds poster and thumbnails.
func (a *Archive) illustrate(context.Context, *chronicle, *Recording) {}
