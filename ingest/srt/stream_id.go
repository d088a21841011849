package srt

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ErrStreamID reports a streamid that asks for nothing that can be served.
var ErrStreamID = errors.New("srt streamid")

// maxStreamID is the longest streamid that SRT carries, in bytes.
const maxStreamID = 512

// call is what a caller asks for.
type call struct {
	key     string
	program uint16 // the program to take of the transport stream; 0: any
}

// parseStreamID finds the stream key in a streamid, in one of the forms
//
//	publish:KEY?program=N
//	#!::m=publish,r=KEY,program=N        (SRT Access Control, the standard form)
//	KEY?program=N
//
// KEY may be written as live/KEY too, which is how RTMP addresses have it. The program of
// the transport stream may be left out.
func parseStreamID(s string) (call, error) {
	if len(s) > maxStreamID {
		return call{}, fmt.Errorf("%w: %d bytes long", ErrStreamID, len(s))
	}
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain // FFmpeg passes on what was escaped in its URL
	}
	mode, key, program := splitStreamID(s)
	key = strings.TrimPrefix(strings.Trim(key, "/"), "live/")
	switch {
	case mode != "publish":
		return call{}, fmt.Errorf("%w: mode %q; this server takes publishers only: use m=publish", ErrStreamID, mode)
	case key == "":
		return call{}, fmt.Errorf("%w: no stream key; use streamid=publish:KEY", ErrStreamID)
	case program == "":
		return call{key: key}, nil
	}
	number, err := strconv.ParseUint(program, 10, 16)
	if err != nil || number == 0 {
		return call{}, fmt.Errorf("%w: program %q; use the program's number in the transport stream, 1 to 65535", ErrStreamID, program)
	}
	return call{key, uint16(number)}, nil
}

// splitStreamID finds the fields, of which program may be missing.
func splitStreamID(s string) (mode, key, program string) {
	if fields, standard := strings.CutPrefix(s, "#!::"); standard {
		mode = "request" // what the standard says when m is missing
		for field := range strings.SplitSeq(fields, ",") {
			name, value, _ := strings.Cut(field, "=")
			switch name {
			case "m":
				mode = value
			case "r":
				key = value
			case "program":
				program = value
			}
		}
		return mode, key, program
	}
	mode = "publish"
	if m, rest, ok := strings.Cut(s, ":"); ok && (m == "publish" || m == "read" || m == "request" || m == "play") {
		mode, s = m, rest
	}
	key, query, _ := strings.Cut(s, "?")
	for field := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(field, "program="); ok {
			program = value
		}
	}
	return mode, key, program
}
