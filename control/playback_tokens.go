package control

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/media"
)

// Playback signs playback tokens.
type Playback interface {
	// Sign fails with token.ErrClaims.
	Sign(c token.Claims) (string, error)
}

// TokenRequest is what a playback token is to allow, beside its stream.
type TokenRequest struct {
	For       string     `json:"for,omitempty" maxLength:"32" example:"2h" doc:"How long it holds: a duration; 12h without it"`
	Expires   *time.Time `json:"expires,omitempty" doc:"Until when, instead of for"`
	NotBefore *time.Time `json:"not_before,omitempty" doc:"From when on"`
	Recording string     `json:"recording,omitempty" maxLength:"128" doc:"Only this recording of the stream"`
	IP        string     `json:"ip,omitempty" maxLength:"64" example:"203.0.113.0/24" doc:"Only from this address or network"`
	Country   []string   `json:"country,omitempty" maxItems:"64" doc:"Only in these countries (ISO 3166-1 alpha-2)"`
	Referrers []string   `json:"referrers,omitempty" maxItems:"16" doc:"Only on these sites: host names, or *.example.com"`
	Session   string     `json:"sid,omitempty" maxLength:"128" doc:"What was sold: tokens with the same share their screens"`
	Screens   int        `json:"screens,omitempty" minimum:"0" maximum:"1000" doc:"On how many players at once; 0: no limit"`
}

// DefaultTokenLife is how long a token holds that nobody gave a time.
const DefaultTokenLife = 12 * time.Hour

// Claims are what the token will state. It fails with token.ErrClaims.
func (r *TokenRequest) Claims(stream string, now time.Time) (token.Claims, error) {
	expires := now.Add(DefaultTokenLife)
	switch {
	case r.Expires != nil && r.For != "":
		return token.Claims{}, fmt.Errorf("%w: for, expires: give one of them", token.ErrClaims)
	case r.Expires != nil:
		expires = *r.Expires
	case r.For != "":
		life, err := time.ParseDuration(r.For)
		if err != nil || life < time.Second {
			return token.Claims{}, fmt.Errorf("%w: for: use a duration such as 2h or 90m", token.ErrClaims)
		}
		expires = now.Add(life)
	}
	if !expires.After(now) {
		return token.Claims{}, fmt.Errorf("%w: expires: is in the past", token.ErrClaims)
	}
	c := token.Claims{
		Subject: stream, Recording: r.Recording, Expires: token.Date(expires), IssuedAt: token.Date(now),
		IP: r.IP, Country: r.Country, Referrers: r.Referrers, Session: r.Session, Screens: r.Screens, ID: randomid.Readable(16),
	}
	if r.NotBefore != nil {
		c.NotBefore = token.Date(*r.NotBefore)
	}
	return c, nil
}

// TokenView is a playback token with the addresses that it opens.
type TokenView struct {
	Token   string    `json:"token" doc:"Whoever has it may watch: treat it like a ticket"`
	Expires time.Time `json:"expires"`
	Watch   string    `json:"watch" doc:"Page for viewers, with the token"`
	HLS     string    `json:"hls" doc:"Playlist for players; counts screens one by one"`
	HLSPath string    `json:"hls_path" doc:"The same with the token in the path, for players that don't follow redirects"`
}

// NewTokenView adds a stream's addresses to a token.
func NewTokenView(text string, c token.Claims, u URLs) TokenView {
	at := strings.LastIndex(u.HLS, "/live/")
	base, path, watch := u.HLS[:at], u.HLS[at:], u.Watch
	if c.Recording != "" {
		id := url.PathEscape(c.Recording)
		path = strings.TrimSuffix(path, "index.m3u8") + "recordings/" + id + "/index.m3u8"
		watch += "?recording=" + url.QueryEscape(c.Recording)
	}
	return TokenView{
		// Behind "#" no server and no log sees it.
		Token: text, Expires: c.Expires.UTC(), Watch: watch + "#token=" + text,
		HLS: base + path + "?token=" + text, HLSPath: base + "/t/" + text + path,
	}
}

type tokenInput struct {
	client
	ID   string `path:"id" maxLength:"80" doc:"Stream ID"`
	Body TokenRequest
}

func (a *API) registerPlaybackTokens(api huma.API) {
	huma.Register(api, operation("POST", "/streams/{id}/playback-tokens", "create-playback-token", "Make a token to watch a stream with", http.StatusCreated),
		func(ctx context.Context, in *tokenInput) (*struct{ Body TokenView }, error) {
			stream, err := media.ParseStreamID(in.ID)
			if err != nil {
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
			claims, err := in.Body.Claims(string(stream), time.Now())
			if err != nil {
				return nil, a.fail(err)
			}
			text, err := a.Playback.Sign(claims)
			if err != nil {
				return nil, a.fail(err)
			}
			return &struct{ Body TokenView }{NewTokenView(text, claims, a.URLs(in.host, stream))}, nil
		})
}
