package chat

import (
	"context"

	"github.com/centrifugal/centrifuge"
)

// tap lets the rooms see everything that the broker hands to this process.
type tap struct {
	centrifuge.Broker
	service *Service
}

// tap puts the process's broker behind the rooms' ears.
func (s *Service) tap() error {
	broker, err := centrifuge.NewMemoryBroker(s.node, centrifuge.MemoryBrokerConfig{})
	if err != nil {
		return err
	}
	s.node.SetBroker(tap{broker, s})
	return nil
}

// RegisterBrokerEventHandler implements centrifuge.Broker.
func (t tap) RegisterBrokerEventHandler(h centrifuge.BrokerEventHandler) error {
	return t.Broker.RegisterBrokerEventHandler(&listener{h, t.service})
}

// Close implements centrifuge.Closer.
func (t tap) Close(ctx context.Context) error {
	if closer, ok := t.Broker.(centrifuge.Closer); ok {
		return closer.Close(ctx)
	}
	return nil
}

// listener is the node's handler, with the rooms before it.
type listener struct {
	centrifuge.BrokerEventHandler
	service *Service
}

// HandlePublication implements centrifuge.BrokerEventHandler.
func (l *listener) HandlePublication(ch string, pub *centrifuge.Publication, sp centrifuge.StreamPosition, delta bool, prev *centrifuge.Publication) error {
	if name, reactions, ok := roomOf(ch); ok && !reactions {
		if r := l.service.get(name); r != nil {
			r.observe(pub)
		}
	}
	return l.BrokerEventHandler.HandlePublication(ch, pub, sp, delta, prev)
}
