package message

import (
	"reflect"
	"testing"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name, data string
		want       Content
	}{
		{"message", `{"id":"a","text":"hi","at":5,"user":{"id":"u","name":"U","role":"host"},"sent":7}`,
			Content{At: 5, Message: &Message{ID: "a", Text: "hi", At: 5, User: User{ID: "u", Name: "U", Role: Host}, Sent: 7}}},
		{"empty message", `{}`, Content{Message: &Message{}}},
		{"delete by ID", `{"type":"delete","ids":["a"],"sent":7}`, Content{Kind: TypeDelete, Delete: &Delete{Type: TypeDelete, IDs: []string{"a"}, Sent: 7}}},
		{"delete by user", `{"type":"delete","user":"u","sent":7}`, Content{Kind: TypeDelete, Delete: &Delete{Type: TypeDelete, User: "u", Sent: 7}}},
		{"malformed delete", `{"type":"delete","ids":"a"}`, Content{Kind: Unreadable}},
		{"wave", `{"type":"wave","color":"#ff5fa2","at":5,"sent":7,"by":{"id":"u"}}`, Content{Kind: TypeWave, At: 5}},
		{"room", `{"type":"room","slow":5,"pinned":{"id":"a"},"revision":3,"sent":7}`, Content{Kind: TypeRoom}},
		{"event of a later version", `{"type":"later","text":[1],"user":7}`, Content{Kind: "later"}},
		{"malformed message", `{"text":1}`, Content{Kind: Unreadable}},
		{"type is no text", `{"type":1}`, Content{Kind: Unreadable}},
		{"cut off", `{"type":"wave"`, Content{Kind: Unreadable}},
		{"two values", `{}{}`, Content{Kind: Unreadable}},
		{"array", `[]`, Content{Kind: Unreadable}},
		{"null", `null`, Content{Kind: Unreadable}},
		{"nothing", ``, Content{Kind: Unreadable}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Read([]byte(tt.data)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestEncodeTellsWhatReadTells publishes here and reads elsewhere.
func TestEncodeTellsWhatReadTells(t *testing.T) {
	user := User{ID: "u", Name: "U", Role: Member}
	for _, event := range []any{
		Message{ID: "a", Text: "hi", At: 5, User: user, Sent: 7, Reply: &Quote{ID: "b"}, Mentions: []string{"v"}},
		Message{ID: "a", Announcement: true},
		Delete{Type: TypeDelete, User: "u", Sent: 7},
		Room{Type: TypeRoom, Pinned: &Message{ID: "a", At: 9}, Poll: &Poll{ID: "p", Options: []Option{{Text: "yes"}}}, Sent: 7},
		Wave{Type: TypeWave, Color: "#ff5fa2", At: 5, Sent: 7, By: user},
	} {
		data, content, err := Encode(event)
		if err != nil {
			t.Fatal(err)
		}
		if read := Read(data); !reflect.DeepEqual(content, read) {
			t.Errorf("%s: encoded as %+v, read as %+v", data, content, read)
		}
	}
}

func TestFixed(t *testing.T) {
	for data, want := range map[string]bool{
		`{"user":{"role":"member"}}`:                     false,
		`{"user":{"role":"moderator"}}`:                  true,
		`{"announcement":true,"user":{"role":"member"}}`: true,
		`{"type":"room"}`:                                true,
	} {
		if content := Read([]byte(data)); content.Fixed() != want {
			t.Errorf("%s: fixed is %v", data, !want)
		}
	}
}
