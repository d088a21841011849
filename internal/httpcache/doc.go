// Package httpcache holds rules of HTTP caching (RFC 9110, RFC 9111) that packages on
// different floors share.
package httpcache
