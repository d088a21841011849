package origin

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/globalfandom/lightstick/packager"
)

// errDirective reports delivery directives that contradict RFC 8216bis §6.2.5.
var errDirective = errors.New("origin: delivery directive")

// parseDirectives reads _HLS_msn and _HLS_part. blocking is false when there are
// none. All other query parameters, CMCD and tokens among them, mean nothing here.
func parseDirectives(query url.Values) (p packager.Position, blocking bool, err error) {
	msn, part := query.Get("_HLS_msn"), query.Get("_HLS_part")
	if msn == "" {
		if part != "" {
			return p, false, fmt.Errorf("%w: _HLS_part without _HLS_msn", errDirective)
		}
		return p, false, nil
	}
	p.Part = packager.WholeSegment
	if p.MSN, err = strconv.ParseInt(msn, 10, 64); err != nil || p.MSN < 0 {
		return p, false, fmt.Errorf("%w: _HLS_msn=%q is not a media sequence number", errDirective, msn)
	}
	if part != "" {
		if p.Part, err = strconv.Atoi(part); err != nil || p.Part < 0 {
			return p, false, fmt.Errorf("%w: _HLS_part=%q is not a part number", errDirective, part)
		}
	}
	return p, true, nil
}
