package chat

import (
	"errors"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// refused makes the protocol's error of a refusal.
func refused(err error) error {
	var refusal *message.Refusal
	if errors.As(err, &refusal) {
		return &centrifuge.Error{Code: uint32(refusal.Code), Message: refusal.Error(), Temporary: refusal.Retry > 0}
	}
	return centrifuge.ErrorInternal
}

// publish takes what a client wrote.
func (cs *clients) publish(c *centrifuge.Client, e centrifuge.PublishEvent) (centrifuge.PublishReply, error) {
	done := centrifuge.PublishReply{Result: &centrifuge.PublishResult{}}
	name, reactions, ok := roomOf(e.Channel)
	room := cs.rooms.find(name)
	if !ok || reactions || room == nil || !sessionOf(c).is(name) {
		return done, centrifuge.ErrorPermissionDenied
	}
	a, err := cs.author(c, name)
	if err == nil {
		a = cs.named(c, a)
		_, err = cs.writer.write(c.Context(), room, a, e.Data)
	}
	if err != nil {
		cs.punish(c, err)
		return done, refused(err)
	}
	cs.cfg.Authority.Seen(a.User)
	return done, nil
}

// punish ends the connection of those who go on though they are refused.
func (cs *clients) punish(c *centrifuge.Client, err error) {
	var denied *denial
	if errors.As(err, &denied) && cs.cfg.Limits.Denied(time.Now(), c.ID()) {
		go c.Disconnect(disconnectFlood) // not under the client's own call
	}
}

// takeRead takes from what a connection may read; the error is centrifuge'cs. Who goes on
// asking is put out.
func (cs *clients) takeRead(c *centrifuge.Client) error {
	if cs.cfg.Limits == nil {
		return nil
	}
	retry, ok := cs.cfg.Limits.Reads.Take(time.Now(), ratelimit.Who{Connection: c.ID()})
	if ok {
		return nil
	}
	err := &denial{message.Later(message.CodeTooFast, retry, "you ask too often")}
	cs.punish(c, err)
	return refused(err)
}
