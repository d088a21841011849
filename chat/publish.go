package chat

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/rs/xid"

	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

// maxAhead is how far the date of an author's picture may be ahead of the server's clock,
// for the publisher's may run fast. Behind it they may be as far as they have rewound.
const maxAhead = 10 * time.Second

// deskTime bounds the moderation of one message, webhook and all.
const deskTime = 5 * time.Second

// refused makes the protocol's error of a refusal.
func refused(err error) error {
	var refusal *message.Refusal
	if errors.As(err, &refusal) {
		return &centrifuge.Error{Code: uint32(refusal.Code), Message: refusal.Error(), Temporary: refusal.Retry > 0}
	}
	return centrifuge.ErrorInternal
}

// publish takes what a client wrote.
func (s *Service) publish(c *centrifuge.Client, e centrifuge.PublishEvent) (centrifuge.PublishReply, error) {
	done := centrifuge.PublishReply{Result: &centrifuge.PublishResult{}}
	name, reactions, ok := roomOf(e.Channel)
	room := s.get(name)
	if !ok || reactions || room == nil || !sessionOf(c).is(name) {
		return done, centrifuge.ErrorPermissionDenied
	}
	a, err := s.author(c, name)
	if err == nil {
		a = s.named(c, a)
		_, err = s.write(c.Context(), room, a, e.Data)
	}
	if err != nil {
		s.punish(c, err)
		return done, refused(err)
	}
	s.cfg.Authority.Seen(a.User)
	return done, nil
}

// punish ends the connection of those who go on though they are refused.
func (s *Service) punish(c *centrifuge.Client, err error) {
	var denied *denial
	if errors.As(err, &denied) && s.cfg.Limits.Denied(time.Now(), c.ID()) {
		go c.Disconnect(disconnectFlood) // not under the client's own call
	}
}

// denial is a refusal by the limits.
type denial struct{ *message.Refusal }

func (d *denial) Unwrap() error { return d.Refusal }

// take takes from a limit; the error is a *denial. Moderators have no limits.
func (s *Service) take(pick func(*limit.Limits) *limit.Limiter, room string, a Author) error {
	if s.cfg.Limits == nil || a.User.Role.Moderates() {
		return nil
	}
	retry, ok := pick(s.cfg.Limits).Take(time.Now(), limit.Who{User: a.User.ID, Connection: a.Connection, Address: a.Address, Room: room})
	if ok {
		return nil
	}
	return &denial{message.Later(message.CodeTooFast, retry, "you are too fast")}
}

// takeRead takes from what a connection may read; the error is centrifuge's. Who goes on
// asking is put out.
func (s *Service) takeRead(c *centrifuge.Client) error {
	if s.cfg.Limits == nil {
		return nil
	}
	retry, ok := s.cfg.Limits.Reads.Take(time.Now(), limit.Who{Connection: c.ID()})
	if ok {
		return nil
	}
	err := &denial{message.Later(message.CodeTooFast, retry, "you ask too often")}
	s.punish(c, err)
	return refused(err)
}

func messages(l *limit.Limits) *limit.Limiter { return l.Messages }
func calls(l *limit.Limits) *limit.Limiter    { return l.RPCs }
func names(l *limit.Limits) *limit.Limiter    { return l.Names }

// write publishes a draft in a room, if everything agrees, and returns the message;
// nil for a command, which is a draft that begins with a slash. The error wraps a
// *message.Refusal.
func (s *Service) write(ctx context.Context, room *Room, a Author, data []byte) (*message.Message, error) {
	m, err := s.judge(ctx, room, a, data)
	s.metrics.refuse(err)
	return m, err
}

func (s *Service) judge(ctx context.Context, room *Room, a Author, data []byte) (*message.Message, error) {
	draft, err := message.Decode(data)
	if err != nil {
		return nil, err
	}
	if moderation.IsCommand(draft.Text) {
		if err := s.take(calls, room.name, a); err != nil {
			return nil, err
		}
		_, err := s.runCommand(ctx, room, a, draft.Text)
		return nil, err
	}
	if !s.mayWrite(a.User) {
		return nil, message.Refuse(message.CodeMayNot, "%s", s.howToWrite(a.User))
	}
	if err := s.take(messages, room.name, a); err != nil {
		return nil, err
	}
	m := room.compose(a.User, draft, time.Now())
	shadow, err := s.check(ctx, room, a, &m, draft.Nonce)
	if err != nil {
		return nil, err
	}
	return &m, s.send(room, a, m, draft.Nonce, shadow)
}

// check asks the moderation, which may change the text.
func (s *Service) check(ctx context.Context, room *Room, a Author, m *message.Message, nonce string) (shadow bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, deskTime)
	defer cancel()
	verdict, err := s.moderator.Check(ctx, moderation.Attempt{Room: room.name, User: a.User, Addr: a.Address, ID: m.ID, Text: m.Text, At: m.At, Nonce: nonce})
	if err != nil {
		return false, err
	}
	m.Text = verdict.Text
	return verdict.Shadow, nil
}

// howToWrite tells a reader what to do to write.
func (s *Service) howToWrite(u message.User) string {
	if s.cfg.Guests == GuestsWrite && u.Name == "" {
		return "choose a name to write"
	}
	return "sign in to write"
}

// send publishes what was agreed to, and keeps it. In a room that is too fast for
// everybody, some messages reach their authors and those they mention only.
func (s *Service) send(room *Room, a Author, m message.Message, nonce string, shadow bool) error {
	encoded, content, err := message.Encode(m)
	if err != nil {
		return err
	}
	result := published
	switch {
	case shadow:
		result = shadowed
		s.echo(room, m.User.ID, encoded)
	case !s.stats.Keep(room.name, &m):
		result = sampled
		s.direct(room.name, &m, encoded)
	default:
		fresh, err := room.publish(content, encoded, idempotency(a, nonce))
		if err != nil {
			s.cfg.Log.Error("chat: publish", "room", room.name, "err", err)
			return message.Later(message.CodeUnavailable, time.Second, "the chat can't be reached")
		}
		if !fresh { // sent again by a client that had lost the answer
			s.metrics.messages.WithLabelValues(repeated).Inc()
			return nil
		}
	}
	s.aggregator.Wake()
	s.metrics.messages.WithLabelValues(result).Inc()
	if s.cfg.Archive != nil {
		s.cfg.Archive.Keep(room.name, "", encoded, m, a.Address, shadow)
	}
	return nil
}

// idempotency is what names a draft that may come twice; "": it has no name.
func idempotency(a Author, nonce string) string {
	if nonce == "" {
		return ""
	}
	return a.User.ID + "/" + nonce
}

// compose makes a message of a draft.
func (r *Room) compose(user message.User, d message.Draft, now time.Time) message.Message {
	sent := now.UnixMilli()
	m := message.Message{ID: xid.NewWithTime(now).String(), Text: d.Text, At: d.At, User: user, Sent: sent}
	if m.At <= 0 {
		m.At = sent
	}
	m.At = min(m.At, sent+maxAhead.Milliseconds())
	if original, ok := r.find(d.Reply); ok {
		quote := []rune(original.Text)
		quote = quote[:min(len(quote), message.MaxQuote)]
		m.Reply = &message.Quote{ID: original.ID, User: original.User.ID, Name: original.User.Name, Text: string(quote)}
		m.Mentions = append(m.Mentions, original.User.ID)
	}
	m.Mentions = r.mentions(d.Text, m.Mentions)
	return m
}

var mention = regexp.MustCompile(`@[\p{L}\p{M}\p{N}_.\-]{1,32}`)

// maxMentions bounds whom one message may call.
const maxMentions = 8

// mentions finds whom a text calls, among those who wrote lately.
func (r *Room) mentions(text string, ids []string) []string {
	for _, name := range mention.FindAllString(text, maxMentions) {
		for _, user := range r.authors(name[1:], maxMentions) {
			if strings.EqualFold(user.Name, name[1:]) && !slices.Contains(ids, user.ID) {
				ids = append(ids, user.ID)
			}
		}
	}
	return ids
}
