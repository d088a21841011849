package httpcache

import (
	"net/url"
	"strings"
)

// Tags by which CDNs purge many objects at once: the origin puts them on answers, cdn/purge
// names them. They are escaped as paths are, so that none holds a space or comma.

// StreamTag is on everything of a stream.
func StreamTag(id string) string { return "stream-" + url.PathEscape(id) }

// RecordingTag is on playlists and files of a recording.
func RecordingTag(id string) string { return "recording-" + url.PathEscape(id) }

// PublicationTag is on the media of a publication, which recordings use, too.
func PublicationTag(id string) string { return "publication-" + url.PathEscape(id) }

// TagSeparators are the headers that CDNs read tags from, with what stands between two.
var TagSeparators = map[string]string{"Surrogate-Key": " ", "Cache-Tag": ","}

// JoinTags is the value of a header of TagSeparators.
func JoinTags(header string, tags ...string) string {
	return strings.Join(tags, TagSeparators[header])
}
