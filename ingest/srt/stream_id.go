package srt

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrStreamID reports a streamid that asks for nothing that can be served.
var ErrStreamID = errors.New("srt streamid")

// maxStreamID is the longest streamid that SRT carries, in bytes.
const maxStreamID = 512

// parseStreamID finds the stream key in a streamid, in one of the forms
//
//	publish:KEY
//	#!::m=publish,r=KEY        (SRT Access Control, the standard form)
//	KEY
//
// KEY may be written as live/KEY too, which is how RTMP addresses have it.
func parseStreamID(s string) (key string, err error) {
	if len(s) > maxStreamID {
		return "", fmt.Errorf("%w: %d bytes long", ErrStreamID, len(s))
	}
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain // FFmpeg passes on what was escaped in its URL
	}
	mode := "publish"
	if fields, standard := strings.CutPrefix(s, "#!::"); standard {
		mode, key = "request", "" // what the standard says when m is missing
		for field := range strings.SplitSeq(fields, ",") {
			name, value, _ := strings.Cut(field, "=")
			switch name {
			case "m":
				mode = value
			case "r":
				key = value
			}
		}
	} else if m, rest, ok := strings.Cut(s, ":"); ok && (m == "publish" || m == "read" || m == "request" || m == "play") {
		mode, key = m, rest
	} else {
		key = s
	}
	key = strings.TrimPrefix(strings.Trim(key, "/"), "live/")
	switch {
	case mode != "publish":
		return "", fmt.Errorf("%w: mode %q; this server takes publishers only: use m=publish", ErrStreamID, mode)
	case key == "":
		return "", fmt.Errorf("%w: no stream key; use streamid=publish:KEY", ErrStreamID)
	}
	return key, nil
}
