// Package httpserver is what stands before the handlers. Package http1 below it reads
// requests for media.
//
// It keeps a listener's connections in bounds ([Limits]): how many there are, in total
// and from one address, and how long a peer may take to read what it asked for. One
// slow or hostile peer costs the others nothing.
//
// It knows for whom a request is made ([ClientAddr], [BaseURL], [Country]): [Proxies] that are
// trusted may say so in a header, or for a whole connection by the PROXY protocol
// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). Nobody else is believed.
//
// And it lets in what came through the CDN ([OriginShield]): requests that carry the secret
// which only the CDN knows, and that were not here before (CDN-Loop, RFC 8586).
package httpserver
