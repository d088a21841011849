package whip

import (
	"time"

	"github.com/pion/rtp"
)

// window is how many packets of a track may wait for a missing one; at 8 Mbit/s they are
// half a second. It divides 65,536, so that numbers keep their slots when they wrap.
const window = 512

// reorder puts the packets of a track in the order of their numbers (RFC 3550 §5.1). A missing
// packet is waited for, since it is asked for and sent again; later it counts as lost. It
// knows no time but what it is told.
type reorder struct {
	wait  time.Duration
	begun bool
	next  uint16
	slots [window]waiting
	held  int
}

type waiting struct {
	packet *rtp.Packet
	since  time.Time
}

// push takes a packet. It reports false for one that comes twice or too late. pop must
// be called until it has none, before the next packet.
func (r *reorder) push(p *rtp.Packet, now time.Time) bool {
	if !r.begun {
		r.begun, r.next = true, p.SequenceNumber
	}
	ahead := int16(p.SequenceNumber - r.next) // RFC 1982: of two numbers the nearer way round
	if ahead < 0 || ahead < window && r.slots[p.SequenceNumber%window].packet != nil {
		return false
	}
	if ahead >= window {
		// The oldest that is waited for gives way; or the source begins anew.
		r.restart(p.SequenceNumber)
	}
	r.slots[p.SequenceNumber%window] = waiting{p, now}
	r.held++
	return true
}

// restart leaves out what waits: packets are missing before and behind it.
func (r *reorder) restart(number uint16) {
	r.slots, r.held = [window]waiting{}, 0
	r.next = number - 1 // which makes at least one lost, so that the track begins anew
}

// pop gives the next packet, and how many were lost just before it; nil: none is due.
func (r *reorder) pop(now time.Time) (p *rtp.Packet, lost int) {
	if r.held == 0 {
		return nil, 0
	}
	for r.slots[(r.next+uint16(lost))%window].packet == nil {
		lost++
	}
	slot := &r.slots[(r.next+uint16(lost))%window]
	if lost > 0 && now.Sub(slot.since) < r.wait && r.held < window/2 {
		return nil, 0
	}
	p = slot.packet
	*slot = waiting{}
	r.held--
	r.next += uint16(lost) + 1
	return p, lost
}
