package chat

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/rs/xid"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/reaction"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// maxAhead is how far the date of an author's picture may be ahead of the server's clock,
// for the publisher's may run fast. Behind it they may be as far as they have rewound.
const maxAhead = 10 * time.Second

// checkTimeout bounds the moderation of one message, webhook and all.
const checkTimeout = 5 * time.Second

// writer publishes what authors write, as limits and moderation allow.
type writer struct {
	cfg        *Config
	node       *centrifuge.Node
	cluster    *cluster.Cluster
	moderator  *moderation.Moderator
	bridge     *moderationBridge
	stats      *reaction.RoomStats
	aggregator *reaction.Aggregator
	metrics    *metrics
}

// denial is a refusal by the limits.
type denial struct{ *message.Refusal }

func (d *denial) Unwrap() error { return d.Refusal }

// write publishes a draft in a room, if everything agrees, and returns the message;
// nil for a command, which is a draft that begins with a slash. The error wraps a
// *message.Refusal.
func (w *writer) write(ctx context.Context, room *Room, a Author, data []byte) (*message.Message, error) {
	m, err := w.judge(ctx, room, a, data)
	w.metrics.refuse(err)
	return m, err
}

func (w *writer) judge(ctx context.Context, room *Room, a Author, data []byte) (*message.Message, error) {
	draft, err := message.Decode(data)
	if err != nil {
		return nil, err
	}
	if moderation.IsCommand(draft.Text) {
		if err := w.take(calls, room.name, a); err != nil {
			return nil, err
		}
		_, err := w.bridge.runCommand(ctx, room, a, draft.Text)
		return nil, err
	}
	if !w.mayWrite(a.User) {
		return nil, message.Refuse(message.CodeMayNot, "%s", w.howToWrite(a.User))
	}
	if err := w.take(messages, room.name, a); err != nil {
		return nil, err
	}
	m := room.compose(a.User, draft, time.Now())
	shadow, err := w.check(ctx, room, a, &m, draft.Nonce)
	if err != nil {
		return nil, err
	}
	return &m, w.send(room, a, m, draft.Nonce, shadow)
}

// mayWrite tells whether somebody of that role may write at all; rooms may be
// stricter.
func (w *writer) mayWrite(u message.User) bool {
	return u.Role.AtLeast(message.Member) || w.cfg.Guests == GuestsWrite && u.Name != ""
}

// howToWrite tells a reader what to do to write.
func (w *writer) howToWrite(u message.User) string {
	if w.cfg.Guests == GuestsWrite && u.Name == "" {
		return "choose a name to write"
	}
	return "sign in to write"
}

// take takes from a limit; the error is a *denial. Moderators have no limits.
func (w *writer) take(pick func(*limit.Limits) *ratelimit.Limiter, room string, a Author) error {
	if w.cfg.Limits == nil || a.User.Role.Moderates() {
		return nil
	}
	retry, ok := pick(w.cfg.Limits).Take(time.Now(), ratelimit.Who{User: a.User.ID, Connection: a.Connection, Address: a.Address, Room: room})
	if ok {
		return nil
	}
	return &denial{message.Later(message.CodeTooFast, retry, "you are too fast")}
}

func messages(l *limit.Limits) *ratelimit.Limiter { return l.Messages }
func calls(l *limit.Limits) *ratelimit.Limiter    { return l.RPCs }
func names(l *limit.Limits) *ratelimit.Limiter    { return l.Names }

// check asks the moderation, which may change the text.
func (w *writer) check(ctx context.Context, room *Room, a Author, m *message.Message, nonce string) (shadow bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	verdict, err := w.moderator.Check(ctx, moderation.Attempt{Room: room.name, User: a.User, Addr: a.Address, ID: m.ID, Text: m.Text, At: m.At, Nonce: nonce})
	if err != nil {
		return false, err
	}
	m.Text = verdict.Text
	return verdict.Shadow, nil
}

// send publishes what was agreed to, and keeps it. In a room that is too fast for
// everybody, some messages reach their authors and those they mention only.
func (w *writer) send(room *Room, a Author, m message.Message, nonce string, shadow bool) error {
	encoded, content, err := message.Encode(m)
	if err != nil {
		return err
	}
	result := published
	switch {
	case shadow:
		result = shadowed
		w.echo(room, m.User.ID, encoded)
	case !w.stats.Keep(room.name, &m):
		result = sampled
		w.direct(room.name, &m, encoded)
	default:
		fresh, err := room.publish(content, encoded, idempotency(a, nonce))
		if err != nil {
			w.cfg.Log.Error("chat: publish", "room", room.name, "err", err)
			return message.Later(message.CodeUnavailable, time.Second, "the chat can't be reached")
		}
		if !fresh { // sent again by a client that had lost the answer
			w.metrics.messages.WithLabelValues(repeated).Inc()
			return nil
		}
	}
	w.aggregator.Wake()
	w.metrics.messages.WithLabelValues(result).Inc()
	if w.cfg.Archive != nil {
		w.cfg.Archive.Keep(room.name, "", encoded, m, a.Address, shadow)
	}
	return nil
}

// direct sends a message that was not sampled to its author and those it mentions.
func (w *writer) direct(room string, m *message.Message, encoded []byte) {
	data, err := json.Marshal(Direct{Type: "direct", Room: room, Message: encoded})
	if err != nil {
		return
	}
	to := directTo{Users: append([]string{m.User.ID}, m.Mentions...), Data: data}
	w.deliver(to)
	if len(m.Mentions) == 0 {
		return // its author is here
	}
	if data, err := json.Marshal(to); err == nil {
		w.cluster.Broadcast(opDirect, data)
	}
}

// echo gives an author their own message as if everybody got it: without that, whoever
// looks at what comes would notice that nobody does.
func (w *writer) echo(room *Room, user string, encoded []byte) {
	for _, c := range w.node.Hub().UserConnections(user) {
		_ = c.WritePublication(room.channel(), &centrifuge.Publication{Data: encoded}, centrifuge.StreamPosition{})
	}
}

// deliver sends to the connections that users have here.
func (w *writer) deliver(to directTo) {
	for _, user := range to.Users {
		for _, c := range w.node.Hub().UserConnections(user) {
			_ = c.Send(to.Data)
		}
	}
}

// Direct is a message to some only: in a room that is too fast for everybody to be
// sent everything, its author and those it mentions get it all the same.
type Direct struct {
	Type    string          `json:"type"` // "direct"
	Room    string          `json:"room"`
	Message json.RawMessage `json:"message"`
}

type directTo struct {
	Users []string        `json:"users"`
	Data  json.RawMessage `json:"data"`
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
