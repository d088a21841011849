package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/message"
)

// Attempt is what somebody wants to write.
type Attempt struct {
	Room string
	User message.User
	Addr netip.Addr // the author's; zero: not known
	ID   string     // that the message will have; for the webhook
	Text string     // as message.Decode left it
	At   int64      // program date time in ms; for the webhook
	// Nonce is the draft's. A draft that passed with a nonce passes slow mode and the
	// search for repeats again for a while: its author did not get the answer, and who
	// publishes it knows it by the nonce.
	Nonce string
}

// Verdict tells how to publish what may be published.
type Verdict struct {
	Shadow bool   // to the author alone, who must not notice
	Text   string // the text to publish; the webhook may have changed it
}

// resendFor is for how long a draft can be sent again; who publishes must know its
// nonce for longer (centrifuge: 5 minutes).
const resendFor = time.Minute

// cooldownTimeout bounds one question to Cooldowns.
const cooldownTimeout = 500 * time.Millisecond

// shortText is up to how many letters a text is too short for a repeat to be one:
// ㅋㅋㅋ and "yes" are written again and again. floodText is the same for floods.
const (
	shortText = 3
	floodText = 12
)

// Check judges what somebody wants to write. The error is a *message.Refusal; some
// hold the time after which to try again. What is cheap and in memory is asked first;
// hosts and moderators are exempt from all but what a host did to them by name.
func (d *Moderator) Check(ctx context.Context, a Attempt) (Verdict, error) {
	r, err := d.room(ctx, a.Room)
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
	if err := d.checkSettings(v, a); err != nil {
		return Verdict{}, err
	}
	folded := filter.Fold(a.Text)
	if err := d.checkContent(v, a.Text, folded); err != nil {
		return Verdict{}, err
	}
	if err := d.checkRates(ctx, v, a, folded, &verdict); err != nil {
		return Verdict{}, err
	}
	return verdict, nil
}

// checkSettings applies what needs no memory of other messages.
func (d *Moderator) checkSettings(v *view, a Attempt) error {
	switch {
	case v.Closed:
		return message.Refuse(message.CodeMayNot, "the chat is closed just now")
	case v.Members && !a.User.Role.AtLeast(message.Member):
		return message.Refuse(message.CodeMayNot, "only members may write just now")
	case v.Emotes && !d.emotesOnly(a):
		return message.Refuse(message.CodeFiltered, "only emotes may be written just now")
	}
	return nil
}

func (d *Moderator) emotesOnly(a Attempt) bool {
	if d.cfg.Emote == nil {
		return filter.EmotesOnly(a.Text, nil)
	}
	return filter.EmotesOnly(a.Text, func(name string) bool { return d.cfg.Emote(a.Room, name) })
}

// checkContent looks for words and links. The refusal doesn't tell the word: it may be
// shown on a stream.
func (d *Moderator) checkContent(v *view, text string, folded *filter.Text) error {
	if !v.Links {
		if host, found := filter.Link(text, d.domains); found {
			return message.Refuse(message.CodeFiltered, "links are not allowed here (%s)", cut(host, 64))
		}
	}
	if _, found := d.words.Match(folded); found {
		return message.Refuse(message.CodeFiltered, "the message holds a word that is not allowed")
	}
	if _, found := v.words.Match(folded); found {
		return message.Refuse(message.CodeFiltered, "the message holds a word that is not allowed here")
	}
	return nil
}

// CheckName applies the filters of all rooms to a name that somebody wants to have.
// The error is a *message.Refusal of CodeName.
func (d *Moderator) CheckName(name string) error {
	if _, found := d.words.Match(filter.Fold(name)); found {
		return message.Refuse(message.CodeName, "the name holds a word that is not allowed")
	}
	if _, found := filter.Link(name, d.domains); found && !d.cfg.LinksAllowed {
		return message.Refuse(message.CodeName, "the name holds a link")
	}
	return nil
}

// checkRates applies what looks at other messages: slow mode, repeats and floods, and
// then asks the webhook. What was taken is given back if the message is refused later
// on, so that it can be sent again.
func (d *Moderator) checkRates(ctx context.Context, v *view, a Attempt, folded *filter.Text, verdict *Verdict) (err error) {
	var taken []string
	defer func() {
		if err != nil {
			d.giveCooldowns(ctx, taken)
		}
	}()
	letters := folded.Letters()
	repeats := letters > shortText && !d.emotesOnly(a)
	if a.Nonce != "" && (v.Slow > 0 || repeats) {
		key := "nonce:" + a.Room + ":" + a.User.ID + ":" + digest(a.Nonce+"\x00"+a.Text)
		if d.takeCooldown(ctx, key, resendFor) > 0 {
			return d.askWebhook(ctx, a, verdict)
		}
		taken = append(taken, key)
	}
	if v.Slow > 0 {
		key := "slow:" + a.Room + ":" + a.User.ID
		if wait := d.takeCooldown(ctx, key, time.Duration(v.Slow)*time.Second); wait > 0 {
			return message.Later(message.CodeTooFast, wait, "slow mode: one message every %d s", v.Slow)
		}
		taken = append(taken, key)
	}
	if repeats {
		text := folded.Key()
		if d.cfg.RepeatAfter > 0 {
			key := "same:" + a.Room + ":" + a.User.ID + ":" + digest(text)
			if wait := d.takeCooldown(ctx, key, d.cfg.RepeatAfter); wait > 0 {
				return message.Later(message.CodeFiltered, wait, "you just wrote the same")
			}
			taken = append(taken, key)
		}
		if letters > floodText && d.floods.seen(a.Room, text, a.User.ID, time.Now()) {
			return message.Later(message.CodeTooFast, d.cfg.FloodWindow, "too many are writing the same just now")
		}
	}
	return d.askWebhook(ctx, a, verdict)
}

// digest is a text's name in keys; it is the same in all processes.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// takeCooldown asks Cooldowns, or those of this process when they fail.
func (d *Moderator) takeCooldown(ctx context.Context, key string, interval time.Duration) time.Duration {
	asked, cancel := context.WithTimeout(ctx, cooldownTimeout)
	defer cancel()
	wait, err := d.cfg.Cooldowns.Take(asked, key, interval)
	if err == nil {
		return wait
	}
	if at := now(); at-d.cooldownsFailedAt.Load() > time.Minute.Milliseconds() {
		d.cooldownsFailedAt.Store(at)
		d.cfg.Log.Warn("shared slow mode does not answer; each process counts for itself", "err", err)
	}
	wait, _ = d.localCooldowns.Take(ctx, key, interval)
	return wait
}

func (d *Moderator) giveCooldowns(ctx context.Context, keys []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cooldownTimeout)
	defer cancel()
	for _, key := range keys {
		// If it fails the author waits: the harm is small, and take has told of it.
		_ = d.cfg.Cooldowns.Give(ctx, key)
		_ = d.localCooldowns.Give(ctx, key)
	}
}

// askWebhook asks the webhook, if there is one; what nobody sees needs no judging.
func (d *Moderator) askWebhook(ctx context.Context, a Attempt, verdict *Verdict) error {
	if d.cfg.Webhook == nil || verdict.Shadow {
		return nil
	}
	answer, err := d.cfg.Webhook.Judge(ctx, a)
	var unsure *UnsureError
	switch {
	case errors.As(err, &unsure) && unsure.Open:
		return nil
	case err != nil:
		return message.Later(message.CodeUnavailable, 2*time.Second, "the message can't be checked just now")
	case answer.Shadow:
		verdict.Shadow = true
	case !answer.Allow:
		reason := "the message is not allowed"
		if answer.Reason != "" {
			reason += ": " + answer.Reason
		}
		return message.Refuse(message.CodeFiltered, "%s", reason)
	case answer.Replace != "":
		verdict.Text = answer.Replace
	}
	return nil
}
