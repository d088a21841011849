// Package edge writes configurations for the caches that stand between the origin
// and its viewers: nginx, Varnish, HAProxy, CloudFront and Fastly.
//
// [Generate] takes [Options] and returns the text of a whole configuration. Each
// product has a template of its own in templates/; what the templates are given is
// checked first, so that no option can add a directive.
//
// All of them keep to the same rules. A cache key is the path without a token, and
// of the query _HLS_msn, _HLS_part, _HLS_skip, start and end. Requests for an object
// that is on its way wait for it, so that the origin is asked once. How long an
// object may be kept is what the origin says (package internal/httpcache). A playlist is never
// served stale. Playback tokens stay out of keys, of requests to the origin and of
// logs.
package edge
