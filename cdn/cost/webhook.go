package cost

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/internal/webhook"
)

// Webhook is where alerts are sent. Its address is the operator's and may be anywhere,
// this network included; redirects are not followed, so that it is nowhere else.
type Webhook struct{ endpoint *webhook.Endpoint }

const (
	// webhookTimeout bounds an attempt, the answer's body included.
	webhookTimeout = 10 * time.Second
	// maxReply is how much of an answer is read, to use the connection again.
	maxReply = 4 << 10
	// The wait between attempts doubles from the first to the last of these.
	firstWait, lastWait = time.Second, time.Minute
	// webhookLife is for how long an alert is tried.
	webhookLife = time.Hour
)

// NewWebhook makes a webhook; without secret nothing is signed. The error, which does not
// show the address, says what is wrong with it.
func NewWebhook(address, secret string) (*Webhook, error) {
	endpoint, err := webhook.New(address, secret, 1)
	if err != nil {
		return nil, err
	}
	return &Webhook{endpoint}, nil
}

// Deliver posts a body until it is taken, webhookLife has passed since at, or ctx ends.
// The error does not show the address, which may hold a secret.
func (h *Webhook) Deliver(ctx context.Context, id string, at time.Time, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	backoff := retry.Backoff{First: firstWait, Last: lastWait}
	for {
		if err = h.post(ctx, id, text); err == nil {
			return nil
		}
		wait := backoff.Next()
		if ctx.Err() != nil || time.Since(at)+wait > webhookLife {
			return err
		}
		if !retry.Sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (h *Webhook) post(ctx context.Context, id string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	answer, err := h.endpoint.Post(ctx, map[string]string{"X-Lightstick-ID": id}, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxReply) // what it says is of no use
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}
