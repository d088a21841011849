package socket

import (
	"context"
	"time"

	"github.com/centrifugal/centrifuge"
)

// DisconnectMove asks a client to connect again: it will find another server, or this
// one after its restart.
var DisconnectMove = centrifuge.Disconnect{Code: 4100, Reason: "move"}

// Drain lets nobody in any more and disconnects all clients with [DisconnectMove],
// spread evenly over the window so that they do not arrive elsewhere at once. It
// returns when all have been told, or with ctx's error.
func (h *Handler) Drain(ctx context.Context, window time.Duration) error {
	h.refuseAll()
	clients := h.node.Hub().Connections()
	begun, told := time.Now(), 0
	for _, client := range clients {
		due := window * time.Duration(told) / time.Duration(len(clients))
		told++
		if wait := due - time.Since(begun); wait > time.Millisecond {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		client.Disconnect(DisconnectMove)
	}
	return nil
}

// Wait lets nobody in any more and waits until every connection has ended, or ctx: the
// node's Shutdown ends them.
func (h *Handler) Wait(ctx context.Context) error {
	h.refuseAll()
	ended := make(chan struct{})
	go func() { // ends with the connections
		defer close(ended)
		h.running.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Handler) refuseAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}
