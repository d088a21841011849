package steering

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are steering.* of the configuration.
type Settings struct {
	Pathways Pathways `key:"steering.pathways" default:"" help:"CDNs that viewers are distributed among: NAME=https://HOST?weight=3&countries=KR,JP pairs, separated by spaces. Empty: no content steering."`
	// URL is the base URL of the steering server, for RELOAD-URI; "": relative to the
	// address that was asked.
	URL string `key:"steering.url" default:"" help:"Public base URL of the server that players ask for steering; it should not be behind one of the pathways. Empty: the host that the playlist came from."`
	// TTL is after how long players ask again; 0: the default.
	TTL time.Duration `key:"steering.ttl" default:"30s" help:"How often players ask for steering, 1s to 1h."`
	// Demote moves pathways by their health.
	Demote bool `key:"steering.demote" default:"true" help:"Whether pathways with many errors or stalls in players' reports come last until they have recovered: true or false."`
	// MinSessions is how many a pathway must have had to be judged; 0: the default.
	MinSessions int `key:"steering.min_sessions" default:"20" help:"Sessions that a pathway must have had within a minute to be judged, 1 or more."`
}

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	errs := []error{setting.CheckURL("steering.url", s.URL), setting.CheckRange("steering.ttl", s.TTL, time.Second, time.Hour)}
	if strings.ContainsAny(s.URL, "?#\"\n") {
		errs = append(errs, errors.New("steering.url: use a URL without a query"))
	}
	if s.MinSessions < 1 {
		errs = append(errs, fmt.Errorf("steering.min_sessions: %d is too few; use 1 or more", s.MinSessions))
	}
	return errors.Join(errs...)
}

// Pathways are those of the configuration, in the order of their names.
type Pathways []Pathway

// UnmarshalMap implements setting.MapUnmarshaler.
func (p *Pathways) UnmarshalMap(values map[string]string) (err error) {
	*p, err = ParsePathways(values)
	return err
}
