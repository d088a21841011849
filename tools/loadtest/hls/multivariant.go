package hls

import (
	"bytes"
	"fmt"
	"slices"
)

// isMultivariant tells the two kinds of playlists apart: EXT-X-STREAM-INF is
// required in one and not allowed in the other (RFC 8216bis §4.4).
func isMultivariant(body []byte) bool { return bytes.Contains(body, []byte("#EXT-X-STREAM-INF:")) }

// choose takes from a multivariant playlist the media playlists that a player would
// load: the nth variant with picture (or without, if none has one), and the audio
// of its group unless it comes with the variant.
func choose(body []byte, nth int) (uris []string, err error) {
	variants := variantsOf(body)
	if nth >= len(variants) {
		return nil, fmt.Errorf("%w: variant %d of %d", errPlaylist, nth, len(variants))
	}
	uris = []string{variants[nth].uri}
	if audio := audioOf(body, variants[nth].audioGroup); audio != "" && audio != uris[0] {
		uris = append(uris, audio)
	}
	return uris, nil
}

type variant struct{ uri, audioGroup string }

// variantsOf lists the variants with picture, or all of them if none has one.
func variantsOf(body []byte) []variant {
	var all, pictures []variant
	var attributes []byte
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if after, ok := bytes.CutPrefix(line, []byte("#EXT-X-STREAM-INF:")); ok {
			attributes = after
		} else if attributes != nil && len(line) > 0 && line[0] != '#' {
			v := variant{string(line), string(attribute(attributes, "AUDIO"))}
			all = append(all, v)
			if hasPicture(attributes) {
				pictures = append(pictures, v)
			}
			attributes = nil
		}
	}
	if len(pictures) > 0 {
		return pictures
	}
	return all
}

func hasPicture(attributes []byte) bool {
	if attribute(attributes, "RESOLUTION") != nil {
		return true
	}
	codecs := attribute(attributes, "CODECS")
	return slices.ContainsFunc([]string{"avc", "hvc", "hev", "av01", "vp0", "dvh"}, func(prefix string) bool {
		return bytes.Contains(codecs, []byte(prefix))
	})
}

// audioOf is the URI of a group's default rendition, else of its first; "" if
// there is none or it is muxed.
func audioOf(body []byte, group string) string {
	uri, found := "", false
	for line := range bytes.Lines(body) {
		attributes, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("#EXT-X-MEDIA:"))
		if !ok || group == "" || string(attribute(attributes, "TYPE")) != "AUDIO" || string(attribute(attributes, "GROUP-ID")) != group {
			continue
		}
		if string(attribute(attributes, "DEFAULT")) == "YES" {
			return string(attribute(attributes, "URI"))
		}
		if !found {
			uri, found = string(attribute(attributes, "URI")), true
		}
	}
	return uri
}
