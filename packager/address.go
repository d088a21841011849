package packager

import "strconv"

// address is where a rendition's media are, seen from its playlists.
type address struct {
	base      string // what every URI begins with: "", or a path with a slash at its end
	rendition string
}

func (a address) of(epoch string) string { return a.base + epoch + "/" + a.rendition + "/" }

func (a address) init(s *Segment) string { return a.of(s.Epoch) + "init.mp4" }

func (a address) segment(s *Segment) string {
	return a.of(s.Epoch) + strconv.FormatInt(s.MSN, 10) + ".m4s"
}

func (a address) part(s *Segment, part int) string {
	return a.of(s.Epoch) + strconv.FormatInt(s.MSN, 10) + "." + strconv.Itoa(part) + ".m4s"
}
