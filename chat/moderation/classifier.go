package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/internal/webhook"
)

// ClassifierConfig says where the classifier is, and what holds without it. What has a key is
// chat.* of the configuration.
type ClassifierConfig struct {
	URL    setting.Secret `key:"chat.webhook" default:"" help:"URL of a classifier that judges each message before it is published. Empty: none."`
	Secret setting.Secret `key:"chat.webhook_secret" default:"" help:"Secret that signs the requests to chat.webhook, 16 to 256 characters; the signature is in the header X-Lightstick-Signature. Empty: they are not signed."`
	// Deadline is how long an author waits for it; 0: the default.
	Deadline time.Duration `key:"chat.webhook_deadline" default:"300ms" help:"How long chat.webhook may take to answer, 10ms to 5s."`
	// Closed refuses messages that it didn't judge; else they are published.
	Closed bool `key:"chat.webhook_fail" words:"open closed" default:"open" help:"open | closed: whether messages are published or refused while chat.webhook doesn't answer."`
	// Addresses sends the author's address along.
	Addresses bool
	// Concurrent is how many questions are out at once, default 64; a message beyond
	// them isn't judged.
	Concurrent int
}

// maxAnswer bounds an answer in bytes.
const maxAnswer = 16 << 10

// Classifier asks an external classifier about each message, and waits for its answer. If
// it fails several times in a row it is left alone for a while. Redirects are not
// followed.
type Classifier struct {
	cfg      ClassifierConfig
	endpoint *webhook.Endpoint
	slots    chan struct{}
	breaker  breaker
}

// Question is what the classifier is sent.
type Question struct {
	Room string       `json:"room"`
	User message.User `json:"user"`
	Text string       `json:"text"`
	ID   string       `json:"id"`
	At   int64        `json:"at"` // program date time in ms
	Addr string       `json:"addr,omitempty"`
}

// Answer is what it says. One of allow, shadow and replace decides; {"allow":false}
// refuses, with a reason that the author is shown.
type Answer struct {
	Allow   bool
	Shadow  bool
	Replace string
	Reason  string
}

// ClassifierError reports that the classifier gave no answer.
type ClassifierError struct {
	Open bool // the message may be published all the same
	Err  error
}

// Error tells why, without the address.
func (e *ClassifierError) Error() string { return "moderation webhook: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *ClassifierError) Unwrap() error { return e.Err }

var (
	errResting = errors.New("it failed, and is left alone for a while")
	errBusy    = errors.New("too many questions are out")
)

// Validate reports every fault at once. It quotes neither the address nor the secret.
func (c *ClassifierConfig) Validate() error {
	return errors.Join(
		setting.CheckURL("chat.webhook", string(c.URL)), setting.CheckSecret("chat.webhook_secret", c.Secret),
		setting.CheckRange("chat.webhook_deadline", c.Deadline, 10*time.Millisecond, 5*time.Second))
}

// NewClassifier checks the address. The error doesn't show it.
func NewClassifier(cfg ClassifierConfig) (*Classifier, error) {
	if cfg.Deadline <= 0 {
		cfg.Deadline = setting.Default[ClassifierConfig]().Deadline
	}
	if cfg.Concurrent <= 0 {
		cfg.Concurrent = 64
	}
	endpoint, err := webhook.New(string(cfg.URL), string(cfg.Secret), cfg.Concurrent)
	if err != nil {
		return nil, fmt.Errorf("moderation: %w", err)
	}
	return &Classifier{cfg: cfg, endpoint: endpoint, slots: make(chan struct{}, cfg.Concurrent)}, nil
}

// Close lets idle connections go.
func (h *Classifier) Close() { h.endpoint.Close() }

// Judge asks about a message. The error is an *UnsureError.
func (h *Classifier) Judge(ctx context.Context, a Attempt) (Answer, error) {
	unsure := func(err error) (Answer, error) { return Answer{}, &ClassifierError{Open: !h.cfg.Closed, Err: err} }
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return unsure(errBusy)
	}
	if !h.breaker.allow(time.Now()) {
		return unsure(errResting)
	}
	asked, cancel := context.WithTimeout(ctx, h.cfg.Deadline)
	defer cancel()
	answer, err := h.post(asked, a)
	if err != nil && ctx.Err() != nil {
		h.breaker.drop() // the author left: nothing is known about the classifier
		return unsure(ctx.Err())
	}
	h.breaker.done(err == nil, time.Now())
	if err != nil {
		return unsure(err)
	}
	return answer, nil
}

func (h *Classifier) post(ctx context.Context, a Attempt) (Answer, error) {
	q := Question{Room: a.Room, User: a.User, Text: a.Text, ID: a.ID, At: a.At}
	if h.cfg.Addresses && a.Addr.IsValid() {
		q.Addr = a.Addr.Unmap().String()
	}
	body, err := json.Marshal(q)
	if err != nil {
		return Answer{}, err
	}
	response, err := h.endpoint.Post(ctx, nil, body)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, err
	case response.StatusCode != http.StatusOK:
		return Answer{}, fmt.Errorf("it answered %d", response.StatusCode)
	}
	return readAnswer(data)
}

// readAnswer reads an answer, and makes its texts fit to be shown.
func readAnswer(data []byte) (Answer, error) {
	if len(data) > maxAnswer {
		return Answer{}, errors.New("the answer is too large")
	}
	var raw struct {
		Allow   *bool  `json:"allow"`
		Shadow  bool   `json:"shadow"`
		Replace string `json:"replace"`
		Reason  string `json:"reason"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Answer{}, errors.New("the answer is not as agreed: {\"allow\": true}")
	}
	a := Answer{Shadow: raw.Shadow, Replace: cut(message.Clean(raw.Replace), message.MaxText), Reason: cut(message.Clean(raw.Reason), MaxReason)}
	switch {
	case raw.Allow != nil:
		a.Allow = *raw.Allow
	case a.Replace != "":
		a.Allow = true
	case !raw.Shadow:
		return Answer{}, errors.New("the answer is not as agreed: {\"allow\": true}")
	}
	return a, nil
}
