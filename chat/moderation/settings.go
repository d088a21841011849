package moderation

import (
	"fmt"
	"os"
	"slices"

	"github.com/globalfandom/lightstick/chat/filter"
)

// FilterSettings are those of chat.* of the configuration that say what messages must not contain.
type FilterSettings struct {
	Words string   `key:"chat.words" default:"" help:"File with words that no message may contain, one a line; * matches any letters. Rooms may have more of their own. Empty: none."`
	Links []string `key:"chat.links" list:" " default:"on" help:"Whether messages may contain links: on, off, or the domains that may be linked to, separated by spaces."`
}

// Apply sets a Moderator up by the settings. It reads the file of words.
func (s FilterSettings) Apply(c *Config) error {
	switch {
	case slices.Equal(s.Links, []string{"on"}):
		c.LinksAllowed = true
	case !slices.Equal(s.Links, []string{"off"}):
		c.Domains = s.Links
	}
	if s.Words == "" {
		return nil
	}
	file, err := os.Open(s.Words)
	if err != nil {
		return fmt.Errorf("chat.words: %w", err)
	}
	defer file.Close()
	if c.Words, err = filter.ReadWords(file); err != nil {
		return fmt.Errorf("chat.words: %w", err)
	}
	return nil
}
