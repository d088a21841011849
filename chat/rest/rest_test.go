package rest

import (
	"context"
	"errors"
	"testing"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// A moderator's token that runs out while their request comes in is not taken for the
// API's own, and what they may do in their room is not what they may do in all.
func TestWhoIsLetIn(t *testing.T) {
	const token = "header.claims.signature"
	valid := true
	host := identity.Identity{User: message.User{ID: "h1", Role: message.Host}, Rooms: []string{"stage"}}
	a := &API{Person: func(context.Context, string) (identity.Identity, error) {
		if !valid {
			return identity.Identity{}, errors.New("expired")
		}
		return host, nil
	}}
	for path, want := range map[string]bool{
		"/api/v1/chat/stage/acts": true, "/api/v1/chat/stage": true, "/api/v1/chat/other/acts": false, "/api/v1/chat/": false,
		"/api/v1/chat/users/u1": false, "/api/v1/chat/sanctions": false, "/api/v1/streams": false,
	} {
		if _, ok, why := a.Admit(t.Context(), token, path); ok != want || (why != nil) != (path == "/api/v1/chat/other/acts") {
			t.Errorf("%s: %v, %v", path, ok, why)
		}
	}
	if _, ok, why := a.Admit(t.Context(), "an-api-token", "/api/v1/chat/stage"); ok || why != nil {
		t.Errorf("a token of the API: %v, %v", ok, why)
	}
	ctx, _, _ := a.Admit(t.Context(), token, "/api/v1/chat/stage/acts")
	valid = false
	if _, ok, why := a.Admit(t.Context(), token, "/api/v1/chat/stage"); ok || why == nil || why.Error() != "expired" {
		t.Errorf("an expired token: %v, %v", ok, why)
	}
	if by := author(ctx, "stage"); by.User.ID != "h1" || by.User.Role != message.Host || by.Everywhere != message.Member {
		t.Errorf("%+v", by)
	}
	if by := author(ctx, "other"); by.User.Role != message.Member {
		t.Errorf("%+v", by)
	}
	if by := author(t.Context(), "stage"); by.User != operator || by.Everywhere != message.Host {
		t.Errorf("%+v", by)
	}
}
