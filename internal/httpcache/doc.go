// Package httpcache holds what answers tell caches and what caches ask (RFC 9110, RFC 9111): for how long each [Kind] of
// object may be kept, entity tags, the tags by which CDNs purge, and ranges that have to be ignored. The
// origin, the pages and the objects in buckets have it from here.
package httpcache
