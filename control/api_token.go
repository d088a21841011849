package control

import (
	"errors"
	"sync/atomic"
)

// ErrTokenNeedsRestart reports that api.token was emptied: the token of the first start,
// which an empty value stands for, is made when the server starts.
var ErrTokenNeedsRestart = errors.New("emptying api.token needs a restart")

// APIToken is the configured token of the API, which may be replaced while the server runs.
type APIToken struct{ value atomic.Pointer[string] }

// NewAPIToken makes one; "" is the token of the first start.
func NewAPIToken(token string) *APIToken {
	t := &APIToken{}
	t.value.Store(&token)
	return t
}

// Get is the token; "" is the one that the first start made.
func (t *APIToken) Get() string { return *t.value.Load() }

// Replace takes a new token. It fails with ErrTokenNeedsRestart, and then the last one stays.
func (t *APIToken) Replace(token string) error {
	if token == "" && t.Get() != "" {
		return ErrTokenNeedsRestart
	}
	t.value.Store(&token)
	return nil
}
