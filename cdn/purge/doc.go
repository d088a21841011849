// Package purge removes deleted objects from CDNs: CloudFront by invalidations, Fastly
// by surrogate keys, Cloudflare by tags or prefixes, Varnish by bans, others by a
// request that the operator describes.
//
// A [Target] is one CDN, as its URL says ([Parse]). A [Queue] takes what to purge, never
// waits, and has each target do it, however long that API is down: what is asked for
// twice is done once, what fails is tried again for [Keep], and what does not fit is
// refused and counted. What waits when the server stops is lost: media have names that
// are never used again, so that this costs nothing but space, unless it was to be taken
// from the public; then ask again.
package purge
