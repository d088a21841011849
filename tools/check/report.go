package check

import "time"

// Status is what became of a rule.
type Status string

// The four ways a rule can end.
const (
	Held    Status = "held"
	Broken  Status = "broken"
	Warning Status = "warning"  // a recommendation that was not followed
	NotSeen Status = "not seen" // nothing came up that it applies to
)

// Position is a place in the stream. MSN and Part are -1 where they don't apply.
type Position struct {
	Rendition string `json:"rendition,omitempty"`
	MSN       int64  `json:"msn"`
	Part      int    `json:"part"`
}

// Violation is one case of a rule not kept.
type Violation struct {
	Position
	Detail string `json:"detail"`
}

// Rule is one rule and what was seen of it.
type Rule struct {
	ID         string      `json:"id"`
	Group      string      `json:"group"`
	Section    string      `json:"section"` // of draft-pantos-hls-rfc8216bis, or of the document named
	Title      string      `json:"title"`
	Status     Status      `json:"status"`
	Checked    int         `json:"checked"`
	Failed     int         `json:"failed"`
	Violations []Violation `json:"violations,omitempty"` // the first few, each once
}

// Spread sums up a measured figure, in seconds.
type Spread struct {
	Count  int     `json:"count"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// Rendition is what was measured of one rendition. Durations are in seconds.
type Rendition struct {
	Name           string  `json:"name"`
	Kind           string  `json:"kind"` // video, audio, muxed, or "" when no media were read
	TargetDuration float64 `json:"target_duration"`
	PartTarget     float64 `json:"part_target"`
	Segments       int     `json:"segments"` // fetched
	PartDurations  Spread  `json:"part_durations"`
	PeakBPS        float64 `json:"peak_bps"`
	AverageBPS     float64 `json:"average_bps"`
}

// Figures are what was measured. Durations are in seconds.
type Figures struct {
	Renditions []Rendition `json:"renditions"`
	// EdgeLatency is how long after the end of a part, by its program date and our
	// clock, the playlist that lists it had arrived.
	EdgeLatency Spread `json:"edge_latency"`
	// Reload is how long blocking reloads were held.
	Reload Spread `json:"reload"`
	// RoundTrip is how long requests took that need not wait.
	RoundTrip Spread         `json:"round_trip"`
	Requests  map[string]int `json:"requests"` // by kind: playlist, part, segment, …
	Bytes     int64          `json:"bytes"`
}

// Report is the result of a check.
type Report struct {
	URL     string    `json:"url"`
	Begun   time.Time `json:"begun"`
	For     float64   `json:"for"` // seconds watched
	Rules   []Rule    `json:"rules"`
	Figures Figures   `json:"figures"`
}

// Count returns how many rules ended so.
func (r *Report) Count(s Status) int {
	n := 0
	for i := range r.Rules {
		if r.Rules[i].Status == s {
			n++
		}
	}
	return n
}

// Find returns the rule with the identifier, nil if there is none.
func (r *Report) Find(id string) *Rule {
	for i := range r.Rules {
		if r.Rules[i].ID == id {
			return &r.Rules[i]
		}
	}
	return nil
}
