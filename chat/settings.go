package chat

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are those of chat.* of the configuration that concern the rooms as a whole.
type Settings struct {
	Guests Guests `key:"chat.guests" words:"read write off" default:"write" help:"read | write | off: what users who have not signed in may do in chat rooms. Those who write without having chosen a name are called Guest and a number. With read, writing takes an account or a token of your site."`
	// SampleAbove is how many messages a second everybody is sent; 0: all.
	SampleAbove int `key:"chat.sample_above" default:"100" help:"Messages a second in a room above which everybody receives the same sample of them. 0: everybody always receives all."`
	// Origins are those besides this server's own; see Config.Origin.
	Origins Origins `key:"chat.origins" list:" " default:"" help:"Web origins, besides this server's own, whose pages may use the chat, such as https://fans.example.com, separated by spaces. *: all. Empty: no others."`
	// Emotes are the rooms' own, by name: URLs of pictures.
	Emotes map[string]string `key:"chat.emotes" default:"" help:"Emotes of the rooms: NAME=https://… pairs, separated by spaces. In messages, :NAME: shows the picture. Empty: none."`
	// Reactions may be tapped besides colours, emotes and the heart.
	Reactions []string `key:"chat.reactions" list:" " default:"heart" help:"Names of reactions besides colours and emotes, separated by spaces."`
	// Published puts the rooms' replay logs beside the streams' segments.
	Published bool `key:"chat.cdn" default:"true" help:"Whether rooms are also published as files beside the segments, for clients without a WebSocket and for replays: true or false."`
	// ConnectRate is how many connections a second are let in; 0: all.
	ConnectRate int `key:"chat.connect_rate" default:"2000" help:"Most new connections a second; further ones wait, or are told to try again. 0: no limit."`
	// PerAddress is how many one address may have at once; 0: any number.
	PerAddress int `key:"chat.max_per_address" default:"0" help:"Most connections at one time from one address. 0: no limit. Many people share the address of a mobile network or a school."`
	// Drain is the window over which clients are asked to move at the end.
	Drain time.Duration `key:"chat.drain" default:"2s" help:"How long the server takes, when it stops, to ask all clients to connect elsewhere, at most 5m."`
}

var emoteName = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	errs := []error{
		setting.CheckNotNegative("chat.sample_above", s.SampleAbove),
		setting.CheckNotNegative("chat.connect_rate", s.ConnectRate),
		setting.CheckNotNegative("chat.max_per_address", s.PerAddress),
		setting.CheckRange("chat.drain", s.Drain, 0, 5*time.Minute),
	}
	for _, name := range slices.Sorted(maps.Keys(s.Emotes)) {
		errs = append(errs, checkEmoteName("chat.emotes", name), setting.CheckURL("chat.emotes: "+name, s.Emotes[name]))
	}
	for _, name := range s.Reactions {
		errs = append(errs, checkEmoteName("chat.reactions", name))
	}
	return errors.Join(errs...)
}

func checkEmoteName(key, name string) error {
	if emoteName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%s: %q is not a name; use up to 32 letters, digits and _", key, name)
}

// Origins are the web origins whose pages may use the chat.
type Origins struct {
	all  bool
	list []string // in lower case
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Origins) UnmarshalText(text []byte) error {
	*o = Origins{}
	for field := range strings.FieldsSeq(string(text)) {
		if field == "*" {
			o.all = true
			continue
		}
		u, err := url.Parse(field)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fmt.Errorf("%q is not an origin; use scheme and host, such as https://fans.example.com", field)
		}
		o.list = append(o.list, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	return nil
}

// Allow reports whether pages of an origin, in lower case, may use the chat.
func (o Origins) Allow(origin string) bool { return o.all || slices.Contains(o.list, origin) }
