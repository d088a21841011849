package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/chat/store"
)

// AuditView is an action of a moderator.
type AuditView struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Room      string    `json:"room"`
	Act       string    `json:"act"`
	Actor     string    `json:"actor"`
	ActorName string    `json:"actor_name,omitempty"`
	User      string    `json:"user,omitempty"`
	UserName  string    `json:"user_name,omitempty"`
	Network   string    `json:"network,omitempty"`
	Message   string    `json:"message,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Detail    any       `json:"detail,omitempty"`
}

// SanctionView is what holds for a user or a network.
type SanctionView struct {
	Room    string     `json:"room" doc:"* is every room"`
	Kind    string     `json:"kind" enum:"ban,timeout,shadow"`
	User    string     `json:"user,omitempty"`
	Name    string     `json:"name,omitempty"`
	Network string     `json:"network,omitempty"`
	Until   *time.Time `json:"until,omitempty" doc:"Missing: for ever"`
	Created time.Time  `json:"created"`
	By      string     `json:"by"`
	Reason  string     `json:"reason,omitempty"`
}

type auditInput struct {
	RoomInput
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Before int64  `query:"before" doc:"Acts before this ID, to page back"`
	User   string `query:"user" doc:"Who did it, or whom it is about"`
	Act    string `query:"act" doc:"Only acts of this kind, such as ban; report: what viewers reported"`
}

type auditOutput struct{ Body []AuditView }

type sanctionsInput struct {
	Room string `query:"room"`
}

type sanctionsOutput struct{ Body []SanctionView }

type exportInput struct {
	RoomInput
	From time.Time `query:"from"`
	To   time.Time `query:"to"`
}

type userInput struct {
	ID string `path:"id" doc:"The user's ID"`
}

type erasureOutput struct{ Body store.Erasure }

func (a *API) registerRecords(api huma.API) {
	huma.Register(api, operation("GET", "/{room}/audit", "list-chat-audit", "List what moderators did, and why; the newest first"), a.audit)
	huma.Register(api, operation("GET", "/sanctions", "list-chat-sanctions", "List the bans, timeouts and shadows that hold"), a.sanctions)
	export := operation("GET", "/{room}/export", "export-chat-room", "Export a room, one JSON object a line")
	lines := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	export.Responses = map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{"application/x-ndjson": lines}}}
	huma.Register(api, export, a.export)
	huma.Register(api, operation("DELETE", "/users/{id}", "erase-chat-user", "Erase what is kept of a person"), a.erase)
}

func (a *API) audit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	acts, err := a.Store.Audit(ctx, store.AuditQuery{Room: in.Room, Limit: in.Limit, Before: in.Before, User: in.User, Act: in.Act})
	if err != nil {
		return nil, a.fail(err)
	}
	out := &auditOutput{Body: make([]AuditView, 0, len(acts))}
	for i := range acts {
		e, act := &acts[i], &acts[i].Action
		v := AuditView{
			At: time.UnixMilli(e.At), Room: e.Room, Act: act.Kind, Actor: e.By.ID, ActorName: e.By.Name,
			User: act.User, UserName: e.Name, Network: act.Network, Message: act.Message, Reason: act.Reason,
		}
		if v.ID, err = strconv.ParseInt(e.ID, 10, 64); err != nil {
			return nil, a.fail(err)
		}
		if detail := store.AuditDetail(e); detail != nil {
			v.Detail = detail
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}

func (a *API) sanctions(ctx context.Context, in *sanctionsInput) (*sanctionsOutput, error) {
	list, err := a.Store.Sanctions(ctx, store.SanctionQuery{Room: in.Room, Active: time.Now(), Limit: store.MaxPage})
	if err != nil {
		return nil, a.fail(err)
	}
	out := &sanctionsOutput{Body: make([]SanctionView, 0, len(list))}
	for _, s := range list {
		v := SanctionView{Room: s.Room, Kind: s.Kind, User: s.User, Name: s.Name, Created: time.UnixMilli(s.At), By: s.By.ID, Reason: s.Reason}
		if s.Network.IsValid() {
			v.Network = s.Network.String()
		}
		if s.Until != 0 {
			until := time.UnixMilli(s.Until)
			v.Until = &until
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}

func (a *API) export(_ context.Context, in *exportInput) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/x-ndjson")
		ctx.SetHeader("Content-Disposition", `attachment; filename="chat.ndjson"`)
		ctx.SetStatus(http.StatusOK)
		// What fails in the middle can't be told by a status any more: the last line is
		// then not a whole one.
		_, _ = store.Export(ctx.Context(), a.Store, in.Room, store.Query{From: in.From, To: in.To, Events: true}, ctx.BodyWriter())
	}}, nil
}

func (a *API) erase(ctx context.Context, in *userInput) (*erasureOutput, error) {
	report, err := a.Erase(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	return &erasureOutput{report}, nil
}
