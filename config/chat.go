package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/internal/jwtkeys"
	"github.com/globalfandom/lightstick/internal/ratelimit"
	"github.com/globalfandom/lightstick/internal/setting"
)

// ChatOrigins are those of chat.origins; all is true for "*".
func (c *Config) ChatOrigins() (origins []string, all bool, err error) {
	for _, text := range strings.Fields(c.Chat.Origins) {
		if text == "*" {
			return nil, true, nil
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return nil, false, fmt.Errorf("chat.origins: %q; use scheme and host, such as https://fans.example.com", text)
		}
		origins = append(origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	return origins, false, nil
}

// ChatLimits are the rates of chat.rate_limit and chat.room_rate_limit, and the usual
// ones beside them.
func (c *Config) ChatLimits() (limit.Settings, error) {
	settings := limit.Defaults()
	settings.Connect = ratelimit.Rate{} // connections are counted, not their attempts
	var err error
	if settings.Message, err = ratelimit.ParseRate(c.Chat.RateLimit); err != nil {
		return settings, fmt.Errorf("chat.rate_limit: %w", err)
	}
	if settings.Room, err = ratelimit.ParseRate(c.Chat.RoomRateLimit); err != nil {
		return settings, fmt.Errorf("chat.room_rate_limit: %w", err)
	}
	return settings, nil
}

var emoteName = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

func (c *Config) validateChat() error {
	_, _, err := c.ChatOrigins()
	errs := []error{
		err,
		second(c.ChatLimits()),
		oneOf("chat.guests", c.Chat.Guests, "read", "write", "off"),
		oneOf("chat.webhook_fail", c.Chat.WebhookFail, "open", "closed"),
		setting.CheckURL("chat.jwks_url", c.Chat.JWKSURL),
		setting.CheckURL("chat.webhook", string(c.Chat.Webhook)),
		setting.CheckRange("chat.webhook_deadline", c.Chat.WebhookTime, 10*time.Millisecond, 5*time.Second),
		setting.CheckRange("chat.token_max_life", c.Chat.TokenMaxLife, time.Minute, 31*24*time.Hour),
		setting.CheckRange("chat.drain", c.Chat.Drain, 0, 5*time.Minute),
	}
	if n := len(c.Chat.TokenKey); n > 0 && n < jwtkeys.MinSecret {
		errs = append(errs, fmt.Errorf("chat.token_key: has %d bytes; use %d or more", n, jwtkeys.MinSecret))
	}
	if c.Chat.SampleAbove < 0 || c.Chat.ConnectRate < 0 || c.Chat.PerAddress < 0 {
		errs = append(errs, errors.New("chat.sample_above, chat.connect_rate, chat.max_per_address: use 0 or more"))
	}
	if c.Chat.Retention < 0 || c.Chat.Retention > 0 && c.Chat.Retention < time.Hour {
		errs = append(errs, errors.New("chat.retention: use 1h or more, or 0"))
	}
	for name, address := range c.Chat.Emotes {
		if !emoteName.MatchString(name) {
			errs = append(errs, fmt.Errorf("chat.emotes: %q; use up to 32 letters, digits and _", name))
		}
		errs = append(errs, setting.CheckURL("chat.emotes", address))
	}
	for _, name := range strings.Fields(c.Chat.Reactions) {
		if !emoteName.MatchString(name) {
			errs = append(errs, fmt.Errorf("chat.reactions: %q; use up to 32 letters, digits and _", name))
		}
	}
	return errors.Join(errs...)
}
