// Package http1 answers the one kind of request that an origin gets by the million:
// GET or HEAD of a path below one prefix, over HTTP/1.1 without TLS, as players,
// caches and CDNs send it to an origin.
//
// [Server] understands just that, strictly, and answers it by an http.Handler with
// half of net/http's work: no goroutine that watches for the peer to leave (a held
// request ends with the next part anyway), no copy of headers, header and body in one
// system call. A connection that asks for anything else, or in any unusual way, is
// handed over to net/http with every byte that was read, and stays there: what this
// package doesn't understand it never answers.
//
// Requests that two servers in a row could take for different ones are not handed over:
// they are answered by 400, and the connection is closed. After the first request of a
// handed-over connection the same holds for all others on it, because net/http takes
// several of them (see [ConnState]).
//
// Handlers see the header fields that net/http would show them. They must set Content-Length
// or write a short body, and must neither keep the request nor leave its header changed: the
// connection's next request has the same map.
package http1
