package rest

import (
	"net/http"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store"
)

// documentation is what the description of an operation has beside its types: examples,
// nil where there is no body, and the errors that not every operation has.
type documentation struct {
	request, response any
	errors            []int
}

const exampleRoom = "friday-show"

var exampleTime = time.Date(2026, time.November, 27, 20, 0, 0, 0, time.UTC)

var messageExample = message.Message{
	ID: "01j9q3v7k2m4", Text: "Encore!", At: exampleTime.UnixMilli(), Sent: exampleTime.UnixMilli() + 40, User: message.User{ID: "user-17", Name: "Mina", Role: message.Member},
}

var roomExample = RoomView{Room: exampleRoom, Viewers: 1200, Rate: 3.5, Shown: 1, State: message.Room{Type: "room", Slow: 5, Revision: 7, Sent: exampleTime.UnixMilli()}}

// documented are the operations by their IDs.
var documented = map[string]documentation{
	"list-chat-rooms": {nil, []RoomView{roomExample}, nil},
	"get-chat-room":   {nil, roomExample, []int{http.StatusNotFound}},
	"act-in-chat-room": {
		moderation.Action{Kind: "timeout", User: "user-17", Seconds: 600, Reason: "spoilers"}, map[string]any{"done": "Mina may not write for 10 minutes"},
		[]int{http.StatusForbidden, http.StatusNotFound},
	},
	"list-chat-messages": {nil, []MessageView{{Message: messageExample}}, []int{http.StatusBadRequest}},
	"write-chat-message": {
		map[string]any{"text": "Doors open at eight", "user": map[string]any{"id": "news", "name": "News"}}, messageExample,
		[]int{http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable},
	},
	"list-chat-audit": {
		nil, []AuditView{{ID: 12, At: exampleTime, Room: exampleRoom, Act: "timeout", Actor: "host-1", ActorName: "Captain", User: "user-17", UserName: "Mina", Reason: "spoilers"}},
		[]int{http.StatusBadRequest},
	},
	"list-chat-sanctions": {nil, []SanctionView{{Room: exampleRoom, Kind: "ban", User: "user-17", Name: "Mina", Created: exampleTime, By: "host-1", Reason: "spoilers"}}, []int{http.StatusBadRequest}},
	"export-chat-room":    {nil, `{"id":"01j9q3v7k2m4","text":"Encore!","at":1795809600000,"user":{"id":"user-17","name":"Mina","role":"member"},"sent":1795809600040}` + "\n", nil},
	"erase-chat-user":     {nil, store.Erasure{ID: 3, At: exampleTime, Pseudonym: "erased-9k2m", Messages: 41, Rewritten: 2, Spans: []store.Span{}}, []int{http.StatusBadRequest, http.StatusNotFound}},
}
