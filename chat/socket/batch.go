package socket

import (
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/centrifugal/protocol"
)

// publication is one message on its way. It is shared.
type publication struct {
	pub      *centrifuge.Publication
	position centrifuge.StreamPosition
	count    uint64    // its subscribers', from 1 on
	due      time.Time // when it goes out, unless it goes with one before it
}

// push is the publication as clients get it: what the library would encode.
func (p *publication) push(channel string) *protocol.Reply {
	out := &protocol.Publication{Offset: p.pub.Offset, Data: p.pub.Data, Tags: p.pub.Tags}
	if info := p.pub.Info; info != nil {
		out.Info = &protocol.ClientInfo{User: info.UserID, Client: info.ClientID, ConnInfo: info.ConnInfo, ChanInfo: info.ChanInfo}
	}
	if p.pub.Offset == 1 {
		out.Epoch = p.position.Epoch // a client that subscribed to nothing learns it here
	}
	return &protocol.Reply{Push: &protocol.Push{Channel: channel, Pub: out}}
}

// batch are publications that go out together. Each encoding's frame is made once.
type batch struct {
	channel      string
	publications []*publication
	json         func() []byte
	protobuf     func() []byte
}

func newBatch(channel string, publications []*publication) *batch {
	b := &batch{channel: channel, publications: publications}
	b.json = sync.OnceValue(func() []byte { return b.frame(jsonEncoding) })
	b.protobuf = sync.OnceValue(func() []byte { return b.frame(protobufEncoding) })
	return b
}

func (b *batch) frame(e *encoding) []byte {
	replies := make([][]byte, 0, len(b.publications))
	for _, p := range b.publications {
		var reply []byte
		var err error
		if e.binary {
			reply, err = protocol.DefaultProtobufReplyEncoder.Encode(p.push(b.channel))
		} else {
			reply, err = protocol.DefaultJsonReplyEncoder.Encode(p.push(b.channel))
		}
		if err == nil { // protobuf takes anything, and JSON was made by us
			replies = append(replies, reply)
		}
	}
	return e.appendFrame(nil, replies...)
}

// write writes a batch to the member, without what it has already.
func (m *member) write(b *batch) {
	if len(b.publications) == 0 {
		return
	}
	if !m.settled {
		if fresh := m.fresh(b.publications); len(fresh) < len(b.publications) {
			if len(fresh) == 0 {
				return
			}
			b = newBatch(b.channel, fresh)
		}
		m.settled = true
	}
	if m.transport == nil {
		for _, p := range b.publications { // it knows itself what the client has
			_ = m.client.WritePublication(b.channel, p.pub, p.position)
		}
		return
	}
	frame := b.json
	if m.transport.encoding.binary {
		frame = b.protobuf
	}
	if err := m.transport.outbox.write(frame()); err == centrifuge.DisconnectSlow {
		m.client.Disconnect(centrifuge.DisconnectSlow)
	} // any other: the connection has ended, as its reader finds out
}

// fresh are the publications that the history did not hold when the member came, and
// that were not held back for it.
func (m *member) fresh(all []*publication) []*publication {
	for i, p := range all {
		past := m.from.seen && p.pub.Offset != 0 && p.pub.Offset <= m.from.offset && p.position.Epoch == m.from.epoch
		if p.count > m.after && !past {
			return all[i:]
		}
	}
	return nil
}

// continues tells whether what was held back begins where the history ended.
func (m *member) continues(held []*publication) bool {
	fresh := m.fresh(held)
	if !m.from.seen || len(fresh) == 0 || fresh[0].pub.Offset == 0 {
		return true
	}
	return fresh[0].position.Epoch == m.from.epoch && fresh[0].pub.Offset == m.from.offset+1
}
