package playbackauth

import (
	"strings"
	"sync/atomic"
)

// Policy says which streams need a token. It may be changed while it is used.
type Policy struct {
	guarded    bool // streams that say nothing themselves
	exceptions atomic.Pointer[map[string]bool]
	some       atomic.Bool // some stream may need a token
}

// NewPolicy makes a policy; guarded is for all streams that Set does not name.
func NewPolicy(guarded bool) *Policy {
	p := &Policy{guarded: guarded}
	p.some.Store(guarded)
	return p
}

// Set names the streams that say themselves whether they need a token.
func (p *Policy) Set(guarded map[string]bool) {
	folded := make(map[string]bool, len(guarded))
	for stream, g := range guarded {
		stream = strings.ToLower(stream)
		folded[stream] = folded[stream] || g
	}
	p.exceptions.Store(&folded)
	p.some.Store(p.guarded || len(folded) > 0)
}

// Guarded reports whether a stream needs a token.
func (p *Policy) Guarded(stream string) bool {
	m := p.exceptions.Load()
	if m == nil || len(*m) == 0 {
		return p.guarded
	}
	guarded, ok := (*m)[strings.ToLower(stream)] // disks may not tell the two apart
	if !ok {
		return p.guarded
	}
	return guarded
}
