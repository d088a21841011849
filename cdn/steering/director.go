package steering

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Health is how a pathway's sessions fared in the last minute; see cmcd.Health.
type Health struct{ Sessions, Failed, Stalled int }

// Config of a director. Zero values get the defaults named.
type Config struct {
	Settings
	// Health tells how a pathway fares; nil: nobody knows.
	Health func(name string) Health
	// MaxFailed and MaxStalled are the shares of sessions with errors or stalls beyond
	// which a pathway is demoted; defaults 0.2 and 0.5. Half of it brings it back.
	MaxFailed, MaxStalled float64
	// Rest is how long a demoted pathway has before probation, doubled each time that
	// it fails again, up to 16 times; default 2 min.
	Rest time.Duration
	Log  *slog.Logger
}

// Mode is what the operator wants of a pathway.
type Mode string

// The modes. Auto is the one to start with; Off sends nobody there; Preferred sends
// everybody there first.
const (
	Auto      Mode = "auto"
	Off       Mode = "off"
	Preferred Mode = "preferred"
)

// State is how a pathway stands with the director.
type State string

// The states of a pathway.
const (
	Good      State = "good"
	Demoted   State = "demoted"
	Probation State = "probation"
)

var (
	// ErrPathway reports a name that no pathway has.
	ErrPathway = errors.New("no such pathway")
	// ErrMode reports a mode that can't be set; the error that wraps it says why.
	ErrMode = errors.New("state")
)

// Director decides which pathway viewers should take. Its methods may be called
// concurrently.
type Director struct {
	cfg     Config
	plan    atomic.Pointer[plan]
	answers []atomic.Int64 // by pathway that the player was on; the last one: another
	firsts  []atomic.Int64 // by pathway that it was sent to
	mu      sync.Mutex     // guards pathways
	ways    []*standing
}

// standing is a pathway and how it stands.
type standing struct {
	Pathway
	mode      Mode
	state     State
	since     time.Time // of state
	reason    string
	rests     int // how often it was demoted without recovering
	demotions int64
	health    Health
}

// New makes a director whose pathways are all good.
func New(cfg Config) *Director {
	defaults := setting.Default[Settings]()
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	cfg.TTL = cmp.Or(cfg.TTL, defaults.TTL)
	cfg.MinSessions = cmp.Or(cfg.MinSessions, defaults.MinSessions)
	cfg.MaxFailed = cmp.Or(cfg.MaxFailed, 0.2)
	cfg.MaxStalled = cmp.Or(cfg.MaxStalled, 0.5)
	cfg.Rest = cmp.Or(cfg.Rest, 2*time.Minute)
	d := &Director{
		cfg: cfg, answers: make([]atomic.Int64, len(cfg.Pathways)+1), firsts: make([]atomic.Int64, len(cfg.Pathways)),
	}
	now := time.Now()
	for _, p := range cfg.Pathways {
		d.ways = append(d.ways, &standing{Pathway: p, mode: Auto, state: Good, since: now})
	}
	d.publish()
	return d
}

// lookEvery is how often the pathways' health is looked at.
const lookEvery = 5 * time.Second

// Run demotes pathways and brings them back, until ctx ends.
func (d *Director) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if d.cfg.Demote {
				d.look()
			}
		}
	}
}

// Set changes what the operator wants of a pathway, until the next restart. It fails
// with ErrPathway, or ErrMode.
func (d *Director) Set(name string, mode Mode) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.find(name)
	if w == nil {
		return fmt.Errorf("%w: %.40q", ErrPathway, name)
	}
	switch mode {
	case Auto, Preferred:
	case Off:
		if !slices.ContainsFunc(d.ways, func(o *standing) bool { return o != w && o.mode != Off }) {
			return fmt.Errorf("%w: %s is the only pathway that is not off; viewers need one", ErrMode, name)
		}
	default:
		return fmt.Errorf("%w %.20q; use auto, off or preferred", ErrMode, mode)
	}
	if w.mode != mode {
		d.cfg.Log.Info("pathway set by hand", "pathway", name, "from", w.mode, "to", mode)
		w.mode = mode
	}
	if mode == Auto { // the operator has looked after it
		w.become(Good, "")
		w.rests = 0
	}
	d.publish()
	return nil
}

func (d *Director) find(name string) *standing {
	i := slices.IndexFunc(d.ways, func(w *standing) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	return d.ways[i]
}

func (w *standing) become(s State, reason string) {
	if w.state != s {
		w.state, w.since = s, time.Now()
	}
	w.reason = reason
}

// PathwayStatus is a pathway as the API shows it.
type PathwayStatus struct {
	Name      string    `json:"name"`
	URL       string    `json:"url"`
	Weight    float64   `json:"weight"`
	Countries []string  `json:"countries,omitempty"`
	Mode      Mode      `json:"mode" enum:"auto,off,preferred" doc:"What the operator wants"`
	State     State     `json:"state" enum:"good,demoted,probation" doc:"How it stands by what players report"`
	Since     time.Time `json:"since" doc:"When it came to that state"`
	Reason    string    `json:"reason,omitempty" doc:"Why"`
	Sessions  int       `json:"sessions" doc:"Sessions on it within the last minute"`
	Failed    int       `json:"failed" doc:"Those of them with errors"`
	Stalled   int       `json:"stalled" doc:"Those of them with stalls"`
	Demotions int64     `json:"demotions" doc:"Since the start"`
}

// Pathways shows all pathways, in the order of their names.
func (d *Director) Pathways() []PathwayStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	views := make([]PathwayStatus, len(d.ways))
	for i, w := range d.ways {
		h := d.health(w.Name)
		views[i] = PathwayStatus{
			Name: w.Name, URL: w.URL.String(), Weight: w.Weight, Countries: w.Countries, Mode: w.mode, State: w.state,
			Since: w.since.UTC(), Reason: w.reason, Sessions: h.Sessions, Failed: h.Failed, Stalled: h.Stalled, Demotions: w.demotions,
		}
	}
	return views
}

func (d *Director) health(name string) Health {
	if d.cfg.Health == nil {
		return Health{}
	}
	return d.cfg.Health(name)
}
