package control

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/attempts"
)

// refusal is why a request is not let in.
type refusal struct {
	status        int
	header, value string // that belongs to the status
	detail        string
}

func unauthorised() *refusal {
	return &refusal{http.StatusUnauthorized, "WWW-Authenticate", "Bearer",
		"send the API token as 'Authorization: Bearer TOKEN'; it was printed at the first start, or set api.token"}
}

// authorise lets a request in that has the API's token, or one that Admit knows. The
// request goes on with the context. A token is not looked at where too many wrong ones
// came from.
func (a *API) authorise(r *http.Request) (context.Context, *refusal) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil, unauthorised()
	}
	end := func(bool) {}
	if a.Attempts != nil {
		var err error
		if end, err = a.Attempts.Begin(attempts.APIToken, httpserver.ClientAddr(r), token); err != nil {
			return nil, slowedDown(err)
		}
	}
	ctx, ok := r.Context(), a.holdsToken(r.Context(), token)
	refused := unauthorised()
	if !ok && a.Admit != nil {
		var why error
		if ctx, ok, why = a.Admit(ctx, token, r.URL.Path); why != nil {
			refused.detail = "as a token of the chat: " + why.Error() + "; or " + refused.detail
		}
	}
	end(ok)
	if !ok {
		return nil, refused
	}
	return ctx, nil
}

// slowedDown says when to come again (RFC 6585 §4).
func slowedDown(err error) *refusal {
	var retry time.Duration
	if slow := (*attempts.SlowDown)(nil); errors.As(err, &slow) {
		retry = slow.Retry
	}
	return &refusal{http.StatusTooManyRequests, "Retry-After", strconv.Itoa(int(retry/time.Second) + 1),
		"too many wrong tokens came from this network; the right one is looked at again in a moment"}
}

func (a *API) holdsToken(ctx context.Context, token string) bool {
	if a.Token != nil {
		if configured := a.Token(); configured != "" {
			return equalHash(hash(token), hash(configured))
		}
	}
	return a.Store.CheckToken(ctx, token)
}
