package media

import "fmt"

// PixelAspect is the shape of a pixel: sample aspect ratio. Its zero value is
// undeclared, which is square.
type PixelAspect struct{ Width, Height uint16 }

// Square reports whether pixels need no stretching.
func (a PixelAspect) Square() bool { return a.Width == a.Height || a.Width == 0 || a.Height == 0 }

// Color is how a picture's numbers become light, by the code points of ITU-T H.273.
// Its zero value is undeclared.
type Color struct {
	Primaries, Transfer, Matrix uint8
	FullRange                   bool
}

// Code points of ITU-T H.273 §8.2 that matter for HDR.
const (
	transferPQ  = 16 // SMPTE ST 2084
	transferHLG = 18 // ARIB STD-B67
)

// VideoRange is the dynamic range of a picture, in the words of EXT-X-STREAM-INF's
// VIDEO-RANGE (RFC 8216bis §4.4.6.2).
type VideoRange uint8

// The ranges.
const (
	SDR VideoRange = iota
	PQ
	HLG
)

func (r VideoRange) String() string { return [...]string{"SDR", "PQ", "HLG"}[r] }

// VideoRange is the range that the transfer characteristics stand for.
func (c Color) VideoRange() VideoRange {
	switch c.Transfer {
	case transferPQ:
		return PQ
	case transferHLG:
		return HLG
	}
	return SDR
}

// VideoRange is the dynamic range of the track's pictures.
func (t Track) VideoRange() VideoRange { return t.Color.VideoRange() }

// Captions is the set of closed captions inside a video track: bits for channels of
// CEA-608 and services of CEA-708.
type Captions uint16

// The channels that are told apart: the first of each CEA-608 field.
const (
	CC1 Captions = 1 << iota
	CC3
)

// maxService is the highest CEA-708 service that has a bit; those above 6 are extended
// ones, which nobody sends.
const maxService = 6

// CaptionService is the bit of a CEA-708 service; 0 for numbers other than 1 to 6.
func CaptionService(number int) Captions {
	if number < 1 || number > maxService {
		return 0
	}
	return CC3 << number
}

// InstreamIDs names the captions as EXT-X-MEDIA's INSTREAM-ID does (RFC 8216bis
// §4.4.6.1): CC1, CC3, SERVICE1 and so on.
func (c Captions) InstreamIDs() []string {
	var ids []string
	if c&CC1 != 0 {
		ids = append(ids, "CC1")
	}
	if c&CC3 != 0 {
		ids = append(ids, "CC3")
	}
	for n := 1; n <= maxService; n++ {
		if c&CaptionService(n) != 0 {
			ids = append(ids, fmt.Sprintf("SERVICE%d", n))
		}
	}
	return ids
}
