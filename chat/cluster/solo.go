package cluster

import (
	"github.com/centrifugal/centrifuge"
)

// solo is the broker of a process that is alone. It does not implement the options
// UseDelta, Version and Key of a publication, as the broker with Redis does not.
type solo struct {
	handlers *Handlers
	memory   *memory
}

var _ centrifuge.Broker = (*solo)(nil)

// RegisterBrokerEventHandler implements centrifuge.Broker; the handlers know the node.
func (s *solo) RegisterBrokerEventHandler(centrifuge.BrokerEventHandler) error { return nil }

// ReliableDelivery tells centrifuge not to compare clients' positions with the stream:
// nothing lies between it and them that could lose a publication.
func (s *solo) ReliableDelivery() bool { return true }

// Subscribe implements centrifuge.Broker: there is nobody to subscribe at.
func (s *solo) Subscribe(...string) error { return nil }

// Unsubscribe implements centrifuge.Broker.
func (s *solo) Unsubscribe(...string) error { return nil }

// Publish implements centrifuge.Broker. The observer and the clients get a channel's
// publications one after another, in the order of their offsets.
func (s *solo) Publish(channel string, data []byte, opts centrifuge.PublishOptions) (centrifuge.PublishResult, error) {
	stream := s.memory.acquire(channel)
	defer s.memory.release(channel, stream)
	stream.order.Lock()
	defer stream.order.Unlock()
	p := &centrifuge.Publication{Data: data, Info: opts.ClientInfo, Tags: opts.Tags}
	position, repeated := s.memory.addPublication(stream, p, opts)
	if repeated {
		return centrifuge.PublishResult{StreamPosition: position, Suppressed: true, SuppressReason: centrifuge.SuppressReasonIdempotency}, nil
	}
	s.handlers.Observe(channel, p, false)
	return centrifuge.PublishResult{StreamPosition: position}, s.handlers.Deliver(channel, p, position)
}

// History implements centrifuge.Broker.
func (s *solo) History(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	pubs, position := s.memory.history(channel, opts)
	return s.handlers.FilterHistory(channel, pubs), position, nil
}

// RemoveHistory implements centrifuge.Broker. Positions and idempotency keys stay.
func (s *solo) RemoveHistory(channel string) error {
	s.memory.removeHistory(channel)
	return nil
}

// PublishJoin implements centrifuge.Broker: rooms are too large for it.
func (s *solo) PublishJoin(string, *centrifuge.ClientInfo) error { return nil }

// PublishLeave implements centrifuge.Broker.
func (s *solo) PublishLeave(string, *centrifuge.ClientInfo) error { return nil }
