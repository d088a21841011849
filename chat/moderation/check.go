package moderation

import (
	"context"
	"net/netip"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/message"
)

// Attempt is what somebody wants to write.
type Attempt struct {
	Room string
	User message.User
	Addr netip.Addr // the author's; zero: not known
	ID   string     // that the message will have; for the classifier
	Text string     // as message.Decode left it
	At   int64      // program date time in ms; for the classifier
	// Nonce is the draft's. A draft that passed with a nonce passes slow mode and the
	// search for repeats again for a while: its author did not get the answer, and who
	// publishes it knows it by the nonce.
	Nonce string
}

// Verdict tells how to publish what may be published.
type Verdict struct {
	Shadow bool   // to the author alone, who must not notice
	Text   string // the text to publish; the classifier may have changed it
}

// Check judges what somebody wants to write. The error is a *message.Refusal; some
// hold the time after which to try again. What is cheap and in memory is asked first;
// hosts and moderators are exempt from all but what a host did to them by name.
func (d *Moderator) Check(ctx context.Context, a Attempt) (Verdict, error) {
	r, err := d.rooms.get(ctx, a.Room)
	if err != nil {
		return Verdict{}, err
	}
	at := now()
	holds := d.index.Find(a.Room, a.User, a.Addr, at)
	switch {
	case holds.Ban != nil:
		return Verdict{}, holds.Ban.refusal(message.CodeBanned, "you are banned here", at)
	case holds.Timeout != nil:
		return Verdict{}, holds.Timeout.refusal(message.CodeTimeout, "you may not write for a while", at)
	}
	verdict := Verdict{Shadow: holds.Shadow != nil, Text: a.Text}
	if a.User.Role.Moderates() {
		return verdict, nil
	}
	v := r.view.Load()
	if err := d.checker.settings(v, a); err != nil {
		return Verdict{}, err
	}
	folded := filter.Fold(a.Text)
	if err := d.checker.content(v, a.Text, folded); err != nil {
		return Verdict{}, err
	}
	if err := d.checker.rates(ctx, v, a, folded, &verdict); err != nil {
		return Verdict{}, err
	}
	return verdict, nil
}

// CheckName applies the filters of all rooms to a name that somebody wants to have.
// The error is a *message.Refusal of CodeName.
func (d *Moderator) CheckName(name string) error {
	if _, found := d.checker.words.Match(filter.Fold(name)); found {
		return message.Refuse(message.CodeName, "the name holds a word that is not allowed")
	}
	if _, found := filter.Link(name, d.checker.domains); found && !d.cfg.LinksAllowed {
		return message.Refuse(message.CodeName, "the name holds a link")
	}
	return nil
}
