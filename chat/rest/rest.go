package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

// Rooms is what the API asks of the chat; see chat.Service.
type Rooms interface {
	Views(ctx context.Context) ([]chat.RoomStatus, error)
	View(ctx context.Context, room string) (chat.RoomStatus, error)
	Say(ctx context.Context, room string, a chat.Author, draft []byte) (*message.Message, error)
	Act(ctx context.Context, room string, a chat.Author, act moderation.Action) (string, error)
}

// API adds the chat's routes to the REST API.
type API struct {
	Rooms Rooms
	Store store.Store
	// Person finds who a token of the chat belongs to.
	Person func(ctx context.Context, token string) (identity.Identity, error)
	// Erase takes a person's data out of everything.
	Erase func(ctx context.Context, user string) (store.Erasure, error)
	Log   *slog.Logger
}

// prefix is where the chat's routes are.
const prefix = "/api/v1/chat/"

// personKey is where a request's context has who was let in by Admit.
type personKey struct{}

// errMayNot reports a good token of somebody who is no moderator in the room.
var errMayNot = errors.New("its holder does not moderate this room")

// Admit lets moderators in with the tokens that they connect with. The context tells
// who it is: the token isn't looked at again, as it may run out while a request comes
// in slowly. The error says why a token of the chat is not taken; nil: it is none.
func (a *API) Admit(ctx context.Context, token, path string) (_ context.Context, ok bool, why error) {
	room, _, _ := strings.Cut(strings.TrimPrefix(path, prefix), "/")
	if !strings.HasPrefix(path, prefix) || room == "" || reserved[room] || strings.Count(token, ".") != jwtDots {
		return ctx, false, nil
	}
	person, err := a.Person(ctx, token)
	switch {
	case err != nil:
		return ctx, false, err
	case !person.In(room).Role.Moderates():
		return ctx, false, errMayNot
	}
	return context.WithValue(ctx, personKey{}, person), true, nil
}

// jwtDots are the dots of a signed JWT (RFC 7515 §3.1); the API's own token has none.
const jwtDots = 2

// reserved are no rooms: they are about all of them, and the API's own token's.
var reserved = map[string]bool{"sanctions": true, "users": true, "accounts": true}

// operator is who acts with the API's own token.
var operator = message.User{ID: "api", Name: "API", Role: message.Host}

// author is who asks: whom Admit let in, or who has the API's own token.
func author(ctx context.Context, room string) chat.Author {
	if person, ok := ctx.Value(personKey{}).(identity.Identity); ok {
		return chat.Author{User: person.In(room), Everywhere: person.In(moderation.AllRooms).Role}
	}
	return chat.Author{User: operator, Everywhere: operator.Role}
}

// operation is one of those in documented. The API's description takes examples from the
// metadata.
func operation(method, path, id, summary string) huma.Operation {
	d := documented[id]
	codes := append([]int{http.StatusUnauthorized, http.StatusTooManyRequests}, d.errors...)
	if d.request != nil {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return huma.Operation{
		Method: method, Path: "/api/v1/chat" + path, OperationID: id, Summary: summary, DefaultStatus: http.StatusOK,
		Security: []map[string][]string{{"token": {}}}, MaxBodyBytes: 16 << 10, Tags: []string{"chat"}, Errors: codes,
		Metadata: map[string]any{"request": d.request, "response": d.response},
	}
}

// Register adds the routes.
func (a *API) Register(api huma.API) {
	a.registerRooms(api)
	a.registerMessages(api)
	a.registerRecords(api)
}

// fail makes an answer of an error; the unknown ones are logged, not shown.
func (a *API) fail(err error) error {
	refusal := chat.RefusalOf(err)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, store.ErrInvalid):
		return huma.Error400BadRequest(err.Error())
	case refusal == nil:
		a.Log.Error("chat api", "err", err)
		return huma.Error500InternalServerError("the chat's database failed; see the server's log, and try again")
	}
	return huma.NewError(statusOf[refusal.Code], refusal.Error(), refusal)
}

var statusOf = map[message.Code]int{
	message.CodeBad: http.StatusBadRequest, message.CodeTooFast: http.StatusTooManyRequests, message.CodeFiltered: http.StatusUnprocessableEntity,
	message.CodeMayNot: http.StatusForbidden, message.CodeTimeout: http.StatusForbidden, message.CodeBanned: http.StatusForbidden,
	message.CodeNoRoom: http.StatusNotFound, message.CodeUnavailable: http.StatusServiceUnavailable, message.CodeName: http.StatusConflict,
	message.CodeAction: http.StatusBadRequest,
}
