package socket

import (
	"net/netip"
	"sync"

	"github.com/globalfandom/lightstick/internal/clientnet"
)

// addresses counts connections by where they come from.
type addresses struct {
	limit  int
	mu     sync.Mutex
	counts map[netip.Addr]int
}

// enter counts a connection, and returns what it is counted for: invalid for nothing.
func (a *addresses) enter(address netip.Addr) (counted netip.Addr, free bool) {
	if a.limit <= 0 || !address.IsValid() {
		return netip.Addr{}, true
	}
	counted = clientnet.Addr(address)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[counted] >= a.limit {
		return netip.Addr{}, false
	}
	a.counts[counted]++
	return counted, true
}

// leave ends the count.
func (a *addresses) leave(counted netip.Addr) {
	if !counted.IsValid() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[counted]--; a.counts[counted] == 0 {
		delete(a.counts, counted)
	}
}
