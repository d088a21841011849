package token_test

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/cdn/token"
)

// A server signs with a key of its own, and asks what somebody may watch.
func Example() {
	own, err := token.ParseBuiltIn(token.GenerateKey())
	if err != nil {
		panic(err)
	}
	keys, err := token.NewKeys(own)
	if err != nil {
		panic(err)
	}
	text, err := keys.Sign(token.Claims{Subject: "show", Expires: token.Date(time.Now().Add(2 * time.Hour)), Country: []string{"KR"}})
	if err != nil {
		panic(err)
	}
	ticket, err := token.NewVerifier(keys).Verify(text)
	if err != nil {
		panic(err)
	}
	fmt.Println(ticket.Allow(time.Now(), token.Target{Stream: "show"}, token.Viewer{Country: "KR"}))
	fmt.Println(ticket.Allow(time.Now(), token.Target{Stream: "show"}, token.Viewer{Country: "US"}))
	fmt.Println(ticket.Allow(time.Now(), token.Target{Stream: "other"}, token.Viewer{Country: "KR"}))
	// Output:
	// <nil>
	// the playback token is not valid in this country
	// the playback token is for something else
}
