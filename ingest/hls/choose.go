package hls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/ingest"
)

// playable are the beginnings of the CODECS that can be taken (RFC 6381).
var playable = []string{"avc1", "avc3", "hvc1", "hev1", "av01", "mp4a", "opus", "ac-3", "ec-3"}

// choice is what is fetched of a multivariant playlist.
type choice struct {
	video string // URI of the variant's playlist, which may hold sound too
	audio string // URI of the playlist of its sound; "": it is in the variant
}

// choose takes the variant of the highest bandwidth whose codecs can be taken, with the
// default rendition of its sound.
func (l *playlist) choose() (choice, error) {
	usable := slices.DeleteFunc(slices.Clone(l.variants), func(v variant) bool { return !v.playable() })
	if len(usable) == 0 {
		return choice{}, fmt.Errorf("%w: codecs %q; use H.264, HEVC or AV1 with AAC, Opus, AC-3, E-AC-3 or MP3", ingest.ErrUnsupported, l.variants[0].codecs)
	}
	best := slices.MaxFunc(usable, func(a, b variant) int { return cmp.Compare(a.bandwidth, b.bandwidth) })
	c := choice{video: best.uri}
	if r := l.sound(best.audio); r != nil {
		c.audio = r.uri
	}
	if c.audio == c.video { // a variant of sound alone lists itself
		c.audio = ""
	}
	return c, nil
}

// sound is the default rendition of a group, or else its first; nil: there is none of its own.
func (l *playlist) sound(group string) *rendition {
	var found *rendition
	for i, r := range l.audio {
		if group != "" && r.group == group && (found == nil || r.preferred && !found.preferred) {
			found = &l.audio[i]
		}
	}
	if found != nil && found.uri == "" {
		return nil // it is in the variant
	}
	return found
}

func (v variant) playable() bool {
	for codec := range strings.SplitSeq(v.codecs, ",") {
		if codec = strings.TrimSpace(codec); codec == "" {
			continue
		}
		if !slices.ContainsFunc(playable, func(known string) bool { return strings.HasPrefix(strings.ToLower(codec), known) }) {
			return false
		}
	}
	return true
}
