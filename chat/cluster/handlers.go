package cluster

import "github.com/centrifugal/centrifuge"

// Handlers are what a Cluster calls. They may be called from several goroutines, but for
// one channel Observe and Deliver are called one at a time, in the order of the stream.
type Handlers struct {
	// Observe gets every publication of the rooms that this process has subscribers of or
	// holds. past marks what was published before this process opened the room. It must
	// return soon, must not publish to the same channel and must not change the
	// publication. Nil: nobody observes.
	Observe func(channel string, p *centrifuge.Publication, past bool)
	// Deliver brings a publication to this process's subscribers, after Observe. Nil: the
	// node does.
	Deliver func(channel string, p *centrifuge.Publication, at centrifuge.StreamPosition) error
	// FilterHistory may replace, but not add or remove, publications that clients are given
	// as history or to recover. It must change neither the slice nor what is in it. Nil:
	// they get all as it was published.
	FilterHistory func(channel string, past []*centrifuge.Publication) []*centrifuge.Publication
	// LinkChanged is told that a shard of Redis can't be reached (isolated), or that all of
	// it can, at first or again. Nil: nobody is told.
	LinkChanged func(isolated bool)
	// Notified gets what other processes send by the node's Notify, and by Broadcast. Nil:
	// nobody does.
	Notified centrifuge.NotificationHandler
}

func (h *Handlers) setDefaults(node *centrifuge.Node) {
	if h.Observe == nil {
		h.Observe = func(string, *centrifuge.Publication, bool) {}
	}
	if h.Deliver == nil {
		h.Deliver = func(channel string, p *centrifuge.Publication, at centrifuge.StreamPosition) error {
			return node.HandlePublication(channel, p, at, false, nil)
		}
	}
	if h.FilterHistory == nil {
		h.FilterHistory = func(_ string, past []*centrifuge.Publication) []*centrifuge.Publication { return past }
	}
	if h.LinkChanged == nil {
		h.LinkChanged = func(bool) {}
	}
	if h.Notified == nil {
		h.Notified = func(centrifuge.NotificationEvent) {}
	}
}
