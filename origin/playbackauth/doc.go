// Package playbackauth stands before the origin and lets those in who may watch.
//
// A [Authorizer] takes the playback token from where a request has it: from the path, as
// /t/TOKEN/live/…, which playlists' relative URIs carry on by themselves; from the query,
// which it answers with a redirect to the path; from an Authorization header or a cookie.
// It takes the token out of the address before anything else sees the request, so that no
// handler, log or cache key behind it has one. A stream that is open costs one comparison.
//
// [Authorizer.Authorize] gives the same verdict to edges that ask for it. Where screens are
// counted, the redirect gives each player a token of its own, derived from the ticket.
package playbackauth
