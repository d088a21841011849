package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/chat/identity"
)

type chatToken struct {
	common `embed:""`
	User   string        `arg:"" help:"The user's ID on your site."`
	Name   string        `help:"Display name. Default: the ID."`
	Role   string        `help:"Role." enum:"member,subscriber,moderator,host" default:"member" placeholder:"member|subscriber|moderator|host"`
	Room   []string      `help:"Rooms in which the role counts; the user is a member elsewhere. Default: all." placeholder:"STREAM"`
	Color  string        `help:"Colour of the name." placeholder:"#rrggbb"`
	Bot    bool          `help:"Mark the user's messages as written by a program."`
	For    time.Duration `help:"How long it is valid, up to chat.token_max_life." default:"12h" placeholder:"2h"`
}

func (c *chatToken) Run(_ context.Context, out io.Writer) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	settings := &loaded.Chat.Tokens
	if settings.TokenKey == "" {
		return errors.New("chat.token_key is not set; set it to the key that your site signs chat tokens with. Without a site, use 'lightstick chat account add'")
	}
	if c.For <= 0 || c.For > settings.MaxLife {
		return usageError("--for: use a duration up to chat.token_max_life, which is %v", settings.MaxLife)
	}
	if c.Color != "" && !identity.IsColor(c.Color) {
		return usageError("--color: %q is not a color such as #ff8800", c.Color)
	}
	now := time.Now()
	claims := identity.Claims{Name: c.Name, Role: c.Role, Color: c.Color, Bot: c.Bot, Rooms: c.Room}
	claims.Subject, claims.Issuer = c.User, settings.Issuer
	claims.IssuedAt, claims.ExpiresAt = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(c.For))
	if settings.Audience != "" {
		claims.Audience = jwt.ClaimStrings{settings.Audience}
	}
	text, err := identity.Sign([]byte(settings.TokenKey), claims)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, text)
	return err
}
