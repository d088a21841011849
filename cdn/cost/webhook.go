package cost

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// SignatureHeader signs a webhook: "t=UNIX,v1=HEX", where HEX is the HMAC-SHA256 of
// "UNIX.BODY" with the secret.
const SignatureHeader = "X-Lightstick-Signature"

// Webhook is where alerts are sent. Its address is the operator's and may be anywhere,
// this network included; redirects are not followed, so that it is nowhere else.
type Webhook struct {
	address, secret string
	client          *http.Client
}

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

// NewWebhook makes a webhook; without secret nothing is signed.
func NewWebhook(address, secret string) *Webhook {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: webhookTimeout,
	}
	return &Webhook{address: address, secret: secret, client: &http.Client{Timeout: webhookTimeout, CheckRedirect: stay, Transport: transport}}
}

// Deliver posts a body until it is taken, webhookLife has passed since at, or ctx ends.
// The error does not show the address, which may hold a secret.
func (h *Webhook) Deliver(ctx context.Context, id string, at time.Time, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	wait := firstWait
	for {
		if err = h.post(ctx, id, text); err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Since(at)+wait > webhookLife {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, lastWait)
	}
}

func (h *Webhook) post(ctx context.Context, id string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is none")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Lightstick")
	request.Header.Set("X-Lightstick-ID", id)
	if h.secret != "" {
		request.Header.Set(SignatureHeader, sign(h.secret, time.Now(), body))
	}
	answer, err := h.client.Do(request)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxReply) // what it says is of no use
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}

func sign(secret string, now time.Time, body []byte) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
