package cluster

import (
	"sync"

	"github.com/centrifugal/centrifuge"
)

// solo is the broker of a process that is alone: the library's, with the tap. The
// library's looks for history to forget each second, so it is started by the first who
// needs it.
type solo struct {
	*centrifuge.MemoryBroker
	c       *Cluster
	handler centrifuge.BrokerEventHandler
	started sync.Once
}

// RegisterBrokerEventHandler implements centrifuge.Broker. The node calls it once,
// before everything else.
func (s *solo) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	s.handler = &tapped{h, s.c}
	return nil
}

// start starts the library's broker. It never fails.
func (s *solo) start() {
	s.started.Do(func() { _ = s.MemoryBroker.RegisterBrokerEventHandler(s.handler) })
}

// Publish implements centrifuge.Broker.
func (s *solo) Publish(channel string, data []byte, opts centrifuge.PublishOptions) (centrifuge.PublishResult, error) {
	s.start()
	return s.MemoryBroker.Publish(channel, data, opts)
}

// History implements centrifuge.Broker.
func (s *solo) History(channel string, opts centrifuge.HistoryOptions) ([]*centrifuge.Publication, centrifuge.StreamPosition, error) {
	s.start()
	pubs, position, err := s.MemoryBroker.History(channel, opts)
	return s.c.redact(channel, pubs), position, err
}

// PublishJoin implements centrifuge.Broker: rooms are too large for it.
func (s *solo) PublishJoin(string, *centrifuge.ClientInfo) error { return nil }

// PublishLeave implements centrifuge.Broker.
func (s *solo) PublishLeave(string, *centrifuge.ClientInfo) error { return nil }

// ReliableDelivery tells centrifuge not to compare clients' positions with the stream:
// nothing lies between it and them that could lose a publication.
func (s *solo) ReliableDelivery() bool { return true }

type tapped struct {
	centrifuge.BrokerEventHandler
	c *Cluster
}

func (t *tapped) HandlePublication(channel string, p *centrifuge.Publication, sp centrifuge.StreamPosition, _ bool, _ *centrifuge.Publication) error {
	t.c.tap(channel, p, false)
	return t.c.to(channel, p, sp)
}
