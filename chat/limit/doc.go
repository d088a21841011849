// Package limit says how often somebody may do something in the chat, and when to
// try again. [Limits] has a limiter for each kind of thing that is done; how one works is
// told in package internal/ratelimit.
package limit
