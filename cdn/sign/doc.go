// Package sign makes the signed addresses that CDNs check by themselves, each by its own
// scheme: CloudFront, Akamai, Fastly, Bunny, Cloudflare, nginx, and a plain HMAC in the
// path for those who program their edge.
//
// A [Signer] takes the address of a playlist and says until when it holds. What it makes
// tells by its [Reach] whether a player that follows the playlist's relative URIs stays
// signed: only a signature in the path or in cookies does, one in the query is lost with
// the first segment.
package sign
