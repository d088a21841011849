package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/message"
)

// resendFor is for how long a draft can be sent again; who publishes must know its
// nonce for longer (centrifuge: 5 minutes).
const resendFor = time.Minute

// shortText is up to how many letters a text is too short for a repeat to be one:
// ㅋㅋㅋ and "yes" are written again and again. floodText is the same for floods.
const (
	shortText = 3
	floodText = 12
)

// checker applies the rules to what somebody wants to write. It is the part of a Moderator
// that knows no sanctions.
type checker struct {
	cfg       *Config
	words     *filter.Words // of all rooms
	domains   filter.Domains
	floods    *floods
	cooldowns *cooldownSource
}

// newChecker makes a checker. It fails if a word can't be filtered.
func newChecker(cfg *Config, cooldowns *cooldownSource) (*checker, error) {
	words, err := filter.Compile(cfg.Words)
	if err != nil {
		return nil, fmt.Errorf("words of all rooms: %w", err)
	}
	return &checker{
		cfg: cfg, words: words, domains: filter.NewDomains(cfg.Domains),
		floods: newFloods(cfg.FloodUsers, cfg.FloodWindow), cooldowns: cooldowns,
	}, nil
}

// settings applies what needs no memory of other messages.
func (c *checker) settings(v *view, a Attempt) error {
	switch {
	case v.Closed:
		return message.Refuse(message.CodeMayNot, "the chat is closed just now")
	case v.Members && !a.User.Role.AtLeast(message.Member):
		return message.Refuse(message.CodeMayNot, "only members may write just now")
	case v.Emotes && !c.emotesOnly(a):
		return message.Refuse(message.CodeFiltered, "only emotes may be written just now")
	}
	return nil
}

func (c *checker) emotesOnly(a Attempt) bool {
	if c.cfg.Emote == nil {
		return filter.EmotesOnly(a.Text, nil)
	}
	return filter.EmotesOnly(a.Text, func(name string) bool { return c.cfg.Emote(a.Room, name) })
}

// content looks for words and links. The refusal doesn't tell the word: it may be
// shown on a stream.
func (c *checker) content(v *view, text string, folded *filter.Text) error {
	if !v.Links {
		if host, found := filter.Link(text, c.domains); found {
			return message.Refuse(message.CodeFiltered, "links are not allowed here (%s)", cut(host, 64))
		}
	}
	if _, found := c.words.Match(folded); found {
		return message.Refuse(message.CodeFiltered, "the message holds a word that is not allowed")
	}
	if _, found := v.words.Match(folded); found {
		return message.Refuse(message.CodeFiltered, "the message holds a word that is not allowed here")
	}
	return nil
}

// rates applies what looks at other messages: slow mode, repeats and floods, and
// then asks the classifier. What was taken is given back if the message is refused later
// on, so that it can be sent again.
func (c *checker) rates(ctx context.Context, v *view, a Attempt, folded *filter.Text, verdict *Verdict) (err error) {
	var taken []string
	defer func() {
		if err != nil {
			c.cooldowns.give(ctx, taken)
		}
	}()
	letters := folded.Letters()
	repeats := letters > shortText && !c.emotesOnly(a)
	if a.Nonce != "" && (v.Slow > 0 || repeats) {
		key := "nonce:" + a.Room + ":" + a.User.ID + ":" + digest(a.Nonce+"\x00"+a.Text)
		if c.cooldowns.take(ctx, key, resendFor) > 0 {
			return c.ask(ctx, a, verdict)
		}
		taken = append(taken, key)
	}
	if v.Slow > 0 {
		key := "slow:" + a.Room + ":" + a.User.ID
		if wait := c.cooldowns.take(ctx, key, time.Duration(v.Slow)*time.Second); wait > 0 {
			return message.Later(message.CodeTooFast, wait, "slow mode: one message every %d s", v.Slow)
		}
		taken = append(taken, key)
	}
	if repeats {
		text := folded.Key()
		if c.cfg.RepeatAfter > 0 {
			key := "same:" + a.Room + ":" + a.User.ID + ":" + digest(text)
			if wait := c.cooldowns.take(ctx, key, c.cfg.RepeatAfter); wait > 0 {
				return message.Later(message.CodeFiltered, wait, "you just wrote the same")
			}
			taken = append(taken, key)
		}
		if letters > floodText && c.floods.seen(a.Room, text, a.User.ID, time.Now()) {
			return message.Later(message.CodeTooFast, c.cfg.FloodWindow, "too many are writing the same just now")
		}
	}
	return c.ask(ctx, a, verdict)
}

// digest is a text's name in keys; it is the same in all processes.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// ask asks the classifier, if there is one; what nobody sees needs no judging.
func (c *checker) ask(ctx context.Context, a Attempt, verdict *Verdict) error {
	if c.cfg.Classifier == nil || verdict.Shadow {
		return nil
	}
	answer, err := c.cfg.Classifier.Judge(ctx, a)
	var unsure *ClassifierError
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
