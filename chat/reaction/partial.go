package reaction

import (
	"encoding/json"
	"fmt"
)

// Limits of what one process believes another.
const (
	maxPartial      = 1 << 20 // bytes
	maxPartialRooms = 10_000
	maxPartialCount = 1 << 30
)

// partial is what one process tells the others: its taps since the last tick and, now
// and then, its statistics.
type partial struct {
	From  string                 `json:"from"`
	Rooms map[string]partialRoom `json:"rooms"`
}

type partialRoom struct {
	Counts map[string]int `json:"counts,omitempty"`
	Stats  *share         `json:"figures,omitempty"`
}

// share is one process's part of a room's statistics; rates are messages a second.
type share struct {
	Viewers int     `json:"viewers"`
	Written float64 `json:"written"`
	Shown   float64 `json:"shown"`
}

func decodePartial(data []byte) (partial, error) {
	var p partial
	if len(data) > maxPartial {
		return p, fmt.Errorf("reaction: partial sums of %d bytes", len(data))
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return partial{}, fmt.Errorf("reaction: partial sums: %w", err)
	}
	if p.From == "" || len(p.Rooms) > maxPartialRooms {
		return partial{}, fmt.Errorf("reaction: partial sums of %q with %d rooms", p.From, len(p.Rooms))
	}
	for room, r := range p.Rooms {
		if len(r.Counts) > maxNames+1 {
			return partial{}, fmt.Errorf("reaction: partial sums of %q with %d names", room, len(r.Counts))
		}
		for _, count := range r.Counts {
			if count <= 0 || count > maxPartialCount {
				return partial{}, fmt.Errorf("reaction: a count of %d in %q", count, room)
			}
		}
		if f := r.Stats; f != nil && (f.Viewers < 0 || f.Viewers > maxPartialCount || f.Written < 0 || f.Shown < 0) {
			return partial{}, fmt.Errorf("reaction: figures %+v of %q", *f, room)
		}
	}
	return p, nil
}
