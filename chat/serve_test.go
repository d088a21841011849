package chat

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// guests is an authority that takes everybody at their word.
type guests struct{}

func (guests) Token(_ context.Context, token string) (identity.Identity, error) {
	role, name, ok := strings.Cut(token, "/")
	if !ok {
		return identity.Identity{}, identity.ErrToken
	}
	return identity.Identity{User: message.User{ID: name, Name: name, Role: message.Role(role)}}, nil
}

func (g guests) Refresh(ctx context.Context, _ identity.Identity, token string) (identity.Identity, error) {
	return g.Token(ctx, token)
}

func (guests) Recheck(_ context.Context, before identity.Identity) (identity.Identity, error) {
	return before, nil
}

func (guests) Seen(message.User) {}

func (guests) Guest(_ context.Context, ticket, name string) (identity.Identity, string, error) {
	var err error
	if name == "taken" {
		name, err = "", message.Refuse(message.CodeName, "taken")
	}
	if ticket == "" {
		ticket = "guest-" + name
	}
	return identity.Identity{User: message.User{ID: ticket, Name: name, Role: message.Guest}}, ticket, err
}

// serve runs a service for the test, and tells its URL.
func serve(t testing.TB, change func(*Config)) (*Service, string) {
	t.Helper()
	cfg := Config{
		Settings: Settings{Guests: GuestsWrite}, Authority: guests{}, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
		Exists:  func(room string) bool { return room != "nowhere" },
		Address: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") },
		Origin:  func(r *http.Request) bool { return r.Header.Get("Origin") != "https://evil.example.com" },
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	mux := http.NewServeMux()
	s.Register(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
	})
	return s, server.URL
}
