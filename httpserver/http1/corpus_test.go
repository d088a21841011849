package http1

import "strings"

// odd is a request as it comes, and what is decided about it.
type odd struct {
	name, text string
	// want is our answer where it is another one than net/http's, and why names the reason;
	// "": both answer alike. An answer is one line a response (see transcript).
	want, why string
}

// line is the request line of most cases, with a Host; more header fields may follow.
const line = "GET /live/a HTTP/1.1\r\nHost: h\r\n"

// end ends a header.
const end = "\r\n"

// refused is the answer to a request whose framing is at fault: one 400, then the
// connection is closed.
const refused = "400; closed"

// Reasons for answers that differ from net/http's.
const (
	whyBoth  = "RFC 9112 §6.1: both fields may be an attempt at request smuggling; a server may reject them, and must close the connection"
	whyFold  = "RFC 9112 §5.2: a server must reject obs-fold or replace it; proxies that don't see the folded field frame the message otherwise"
	whyLF    = "RFC 9112 §2.2: a recipient may take a bare LF for a line end, and need not; proxies that don't see another header than we do"
	whyTwice = "RFC 9110 §8.6: a recipient may collapse equal lengths, and may reject them; proxies that use one of the fields differ from others"
	whyOld   = "RFC 9112 §6.1: Transfer-Encoding in HTTP/1.0 is faulty framing; the connection must be closed"
	whyChunk = "RFC 9112 §7.1: chunk-size is hexadecimal digits and the line ends with CR LF; the message can't be told from the next"
)

// oddRequests are the corpus of the differential test.
func oddRequests() []odd {
	var all []odd
	for _, group := range [][]odd{plainRequests, requestLines, fieldLines, hosts, lengths, chunkings, connections, fields(), pipelines} {
		all = append(all, group...)
	}
	return all
}

var plainRequests = []odd{
	{name: "plain", text: line + end},
	{name: "HEAD", text: "HEAD /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "query", text: "GET /live/a?b=c&d=%20 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "empty query", text: "GET /live/a? HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "two question marks", text: "GET /live/a?b?c HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "another path", text: "GET /watch/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "unknown method", text: "BREW /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "method in lower case", text: "get /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "method that begins like ours", text: "GETS /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "method that is no token", text: "GE(T /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "OPTIONS", text: "OPTIONS /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "TRACE", text: "TRACE /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "CONNECT", text: "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"},
	{name: "asterisk form", text: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "asterisk form of GET", text: "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "absolute form", text: "GET http://evil/live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "authority form of GET", text: "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "fragment", text: "GET /live/a#b HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "escaped letter", text: "GET /live/%61 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "escaped slash", text: "GET /live%2fa HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "escaped NUL", text: "GET /live/%00 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "escaped dots", text: "GET /live/%2e%2e/x HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "broken escape", text: "GET /live/%zz HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "unfinished escape", text: "GET /live/a%2 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "broken escape in the query", text: "GET /live/a?%zz HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "dots", text: "GET /live/../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "one dot", text: "GET /live/./a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "two slashes", text: "GET /live//a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "slashes in front", text: "GET //live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "backslash", text: "GET /live/a\\b HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "no slash in front", text: "GET live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "raw UTF-8", text: "GET /live/\xec\x84\x9c HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "raw Latin-1", text: "GET /live/\xe4 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "quotes and braces", text: "GET /live/\"{a}\" HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "long path", text: "GET /live/" + strings.Repeat("a", 3000) + " HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "path longer than our buffer", text: "GET /live/" + strings.Repeat("a", 5000) + " HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "path longer than any header", text: "GET /live/" + strings.Repeat("a", 80_000) + " HTTP/1.1\r\nHost: h\r\n\r\n"},
}

var requestLines = []odd{
	{name: "empty line before", text: "\r\n" + line + end},
	{name: "HTTP/0.9", text: "GET /live/a\r\n\r\n"},
	{name: "HTTP/1.0", text: "GET /live/a HTTP/1.0\r\n\r\n"},
	{name: "HTTP/1.0, kept alive", text: "GET /live/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
	{name: "HTTP/1.2", text: "GET /live/a HTTP/1.2\r\nHost: h\r\n\r\n"},
	{name: "HTTP/2.0", text: "GET /live/a HTTP/2.0\r\nHost: h\r\n\r\n"},
	{name: "HTTP/1.10", text: "GET /live/a HTTP/1.10\r\nHost: h\r\n\r\n"},
	{name: "HTTP/01.1", text: "GET /live/a HTTP/01.1\r\nHost: h\r\n\r\n"},
	{name: "http/1.1", text: "GET /live/a http/1.1\r\nHost: h\r\n\r\n"},
	{name: "preface of HTTP/2", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{name: "another protocol", text: "GET /live/a ICY/1.0\r\nHost: h\r\n\r\n"},
	{name: "no version", text: "GET /live/a \r\nHost: h\r\n\r\n"},
	{name: "two spaces", text: "GET  /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "two spaces before the version", text: "GET /live/a  HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "space in the path", text: "GET /live/a b HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "space in front", text: " GET /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "space at the end", text: "GET /live/a HTTP/1.1 \r\nHost: h\r\n\r\n"},
	{name: "tab instead of space", text: "GET\t/live/a\tHTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "NUL in the path", text: "GET /live/\x00 HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "DEL in the path", text: "GET /live/\x7f HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "bare CR in the line", text: "GET /live/a\r HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "bare LF after the line", text: "GET /live/a HTTP/1.1\nHost: h\r\n\r\n", want: refused, why: whyLF},
	{name: "two CRs", text: "GET /live/a HTTP/1.1\r\r\nHost: h\r\n\r\n"},
	{name: "TLS", text: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"},
	{name: "nothing", text: ""},
	{name: "an unfinished header", text: "GET /live/a HTTP/1.1\r\nX: "},
}

var fieldLines = []odd{
	{name: "obs-fold", text: line + "X: a\r\n b\r\n" + end, want: refused, why: whyFold},
	{name: "obs-fold with a tab", text: line + "X: a\r\n\tb\r\n" + end, want: refused, why: whyFold},
	{name: "obs-fold before the first field", text: "GET /live/a HTTP/1.1\r\n Host: h\r\n\r\n"},
	{name: "folded Transfer-Encoding", text: line + "Transfer-Encoding:\r\n chunked\r\n" + end + "0\r\n\r\n", want: refused, why: whyFold},
	{name: "folded Range", text: line + "Range: bytes=0-1,\r\n 3-4\r\n" + end, want: refused, why: whyFold},
	{name: "bare LF between fields", text: line + "X: a\nY: b\r\n" + end, want: refused, why: whyLF},
	{name: "bare LF before the empty line", text: line + "X: a\n\r\n", want: refused, why: whyLF},
	{name: "bare LF as empty line", text: line + "\n", want: refused, why: whyLF},
	{name: "only bare LF", text: "GET /live/a HTTP/1.1\nHost: h\n\n", want: refused, why: whyLF},
	{name: "a request hidden behind bare LF", text: line + "X: a\n\nGET /live/b HTTP/1.1\r\nHost: h\r\n\r\n", want: refused, why: whyLF},
	{name: "bare CR in a value", text: line + "X: a\rb\r\n" + end},
	{name: "bare CR between fields", text: line + "X: a\rContent-Length: 5\r\n" + end},
	{name: "NUL in a value", text: line + "X: a\x00b\r\n" + end},
	{name: "control in a value", text: line + "X: a\x01b\r\n" + end},
	{name: "DEL in a value", text: line + "X: a\x7fb\r\n" + end},
	{name: "NUL in a name", text: line + "X\x00: a\r\n" + end},
	{name: "tab in a value", text: line + "Range:\tbytes=0-1\t\r\n" + end},
	{name: "white space around a value", text: line + "Range:   bytes=0-1   \r\n" + end},
	{name: "no white space before a value", text: line + "Range:bytes=0-1\r\n" + end},
	{name: "obs-text in a value", text: line + "X: \xe4\r\n" + end},
	{name: "obs-text in a name", text: line + "\xe4: a\r\n" + end},
	{name: "space before the colon", text: line + "Range : bytes=0-1\r\n" + end},
	{name: "space before the colon of Content-Length", text: line + "Content-Length : 3\r\n" + end + "abc"},
	{name: "space in a name", text: line + "X Y: a\r\n" + end},
	{name: "no colon", text: line + "X\r\n" + end},
	{name: "no name", text: line + ": a\r\n" + end},
	{name: "empty value", text: line + "Range:\r\n" + end},
	{name: "name in another case", text: line + "rAnGe: bytes=0-1\r\n" + end},
	{name: "underscore in a name", text: line + "Content_Length: 3\r\n" + end},
	{name: "many fields", text: line + strings.Repeat("X: a\r\n", 500) + end},
	{name: "so many fields that it is too much", text: line + strings.Repeat("X: a\r\n", 20_000) + end},
	{name: "long value", text: line + "X: " + strings.Repeat("a", 5000) + "\r\n" + end},
	{name: "value longer than any header", text: line + "X: " + strings.Repeat("a", 80_000) + "\r\n" + end},
	{name: "long name", text: line + strings.Repeat("x", 3*maxName) + ": a\r\n" + end},
}

var hosts = []odd{
	{name: "no Host", text: "GET /live/a HTTP/1.1\r\n\r\n"},
	{name: "two Hosts", text: line + "Host: i\r\n" + end},
	{name: "two equal Hosts", text: line + "Host: h\r\n" + end},
	{name: "empty Host", text: "GET /live/a HTTP/1.1\r\nHost:\r\n\r\n"},
	{name: "Host with port", text: "GET /live/a HTTP/1.1\r\nHost: h:8080\r\n\r\n"},
	{name: "Host of IPv6", text: "GET /live/a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
	{name: "Host with a path", text: "GET /live/a HTTP/1.1\r\nHost: h/../@evil\r\n\r\n"},
	{name: "Host with a user", text: "GET /live/a HTTP/1.1\r\nHost: a@h\r\n\r\n"},
	{name: "Host with a space", text: "GET /live/a HTTP/1.1\r\nHost: h i\r\n\r\n"},
	{name: "Host with parentheses", text: "GET /live/a HTTP/1.1\r\nHost: h'(x)\r\n\r\n"},
	{name: "Host with NUL", text: "GET /live/a HTTP/1.1\r\nHost: h\x00\r\n\r\n"},
	{name: "Host that is not ASCII", text: "GET /live/a HTTP/1.1\r\nHost: \xec\x84\x9c\r\n\r\n"},
	{name: "other Host in absolute form", text: "GET http://evil/live/a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"},
}

var lengths = []odd{
	{name: "GET with a body", text: line + "Content-Length: 3\r\n" + end + "abc"},
	{name: "GET with an empty body", text: line + "Content-Length: 0\r\n" + end},
	{name: "POST", text: "POST /live/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"},
	{name: "POST without length", text: "POST /live/a HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "two equal lengths", text: line + "Content-Length: 3\r\nContent-Length: 3\r\n" + end + "abc", want: refused, why: whyTwice},
	{name: "two other lengths", text: line + "Content-Length: 3\r\nContent-Length: 4\r\n" + end + "abc"},
	{name: "list of lengths", text: line + "Content-Length: 3, 3\r\n" + end + "abc"},
	{name: "length with a plus", text: line + "Content-Length: +3\r\n" + end + "abc"},
	{name: "length with a minus", text: line + "Content-Length: -3\r\n" + end + "abc"},
	{name: "length of minus nothing", text: line + "Content-Length: -0\r\n" + end},
	{name: "length in two words", text: line + "Content-Length: 3 4\r\n" + end + "abc"},
	{name: "length within white space", text: line + "Content-Length: \t3 \r\n" + end + "abc"},
	{name: "hexadecimal length", text: line + "Content-Length: 0x3\r\n" + end + "abc"},
	{name: "length with an underscore", text: line + "Content-Length: 1_0\r\n" + end + "0123456789"},
	{name: "length with zeros", text: line + "Content-Length: 003\r\n" + end + "abc"},
	{name: "fraction of a length", text: line + "Content-Length: 3.0\r\n" + end + "abc"},
	{name: "empty length", text: line + "Content-Length:\r\n" + end},
	{name: "length that overflows", text: line + "Content-Length: 18446744073709551619\r\n" + end + "abc"},
	{name: "more than the length", text: line + "Content-Length: 1\r\n" + end + "abc"},
}

var chunkings = []odd{
	{name: "chunked", text: line + "Transfer-Encoding: chunked\r\n" + end + "3\r\nabc\r\n0\r\n\r\n"},
	{name: "chunked in upper case", text: line + "transfer-encoding: CHUNKED\r\n" + end + "3\r\nabc\r\n0\r\n\r\n"},
	{name: "chunked within white space", text: line + "Transfer-Encoding:\t chunked \t\r\n" + end + "0\r\n\r\n"},
	{name: "chunked and a length", text: line + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" + end + "0\r\n\r\n", want: refused, why: whyBoth},
	{name: "a length and chunked", text: "POST /live/a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", want: refused, why: whyBoth},
	{name: "chunked and a length of nothing", text: line + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" + end + "0\r\n\r\n", want: refused, why: whyBoth},
	{name: "gzip and a length", text: line + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n" + end + "abc", want: refused, why: whyBoth},
	{name: "chunked twice", text: line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + end + "0\r\n\r\n"},
	{name: "chunked twice in a list", text: line + "Transfer-Encoding: chunked, chunked\r\n" + end + "0\r\n\r\n"},
	{name: "gzip, chunked", text: line + "Transfer-Encoding: gzip, chunked\r\n" + end + "0\r\n\r\n"},
	{name: "gzip", text: line + "Transfer-Encoding: gzip\r\n" + end},
	{name: "identity", text: line + "Transfer-Encoding: identity\r\n" + end},
	{name: "xchunked", text: line + "Transfer-Encoding: xchunked\r\n" + end + "0\r\n\r\n"},
	{name: "chunked with a parameter", text: line + "Transfer-Encoding: chunked;a=b\r\n" + end + "0\r\n\r\n"},
	{name: "quoted chunked", text: line + "Transfer-Encoding: \"chunked\"\r\n" + end + "0\r\n\r\n"},
	{name: "chunked after a vertical tab", text: line + "Transfer-Encoding: \x0bchunked\r\n" + end + "0\r\n\r\n"},
	{name: "empty Transfer-Encoding", text: line + "Transfer-Encoding:\r\n" + end},
	{name: "space before the colon of Transfer-Encoding", text: line + "Transfer-Encoding : chunked\r\n" + end + "0\r\n\r\n"},
	{name: "chunked in HTTP/1.0", text: "POST /live/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: refused, why: whyOld},
	{
		name: "chunked in HTTP/1.0, kept alive", text: "POST /live/a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		want: refused, why: whyOld,
	},
	{name: "chunk with an extension", text: line + "Transfer-Encoding: chunked\r\n" + end + "3;a=b\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk with a quoted extension", text: line + "Transfer-Encoding: chunked\r\n" + end + "3 ; a=\"b c\"\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk with leading zeros", text: line + "Transfer-Encoding: chunked\r\n" + end + "0003\r\nabc\r\n0\r\n\r\n"},
	{name: "hexadecimal chunk", text: line + "Transfer-Encoding: chunked\r\n" + end + "A\r\n0123456789\r\n0\r\n\r\n"},
	{name: "chunk with 0x", text: line + "Transfer-Encoding: chunked\r\n" + end + "0x3\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk with a plus", text: line + "Transfer-Encoding: chunked\r\n" + end + "+3\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk with a minus", text: line + "Transfer-Encoding: chunked\r\n" + end + "-3\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk with a space after its size", text: line + "Transfer-Encoding: chunked\r\n" + end + "3 \r\nabc\r\n0\r\n\r\n", want: "read error; closed", why: whyChunk},
	{name: "chunk without size", text: line + "Transfer-Encoding: chunked\r\n" + end + "\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk that overflows", text: line + "Transfer-Encoding: chunked\r\n" + end + "10000000000000003\r\nabc\r\n0\r\n\r\n"},
	{name: "chunk line with bare LF", text: line + "Transfer-Encoding: chunked\r\n" + end + "3\nabc\r\n0\r\n\r\n"},
	{name: "chunk extension with bare LF", text: line + "Transfer-Encoding: chunked\r\n" + end + "3;\nabc\r\n0\r\n\r\n"},
	{name: "chunk data with bare LF", text: line + "Transfer-Encoding: chunked\r\n" + end + "3\r\nabc\n0\r\n\r\n"},
	{name: "chunk longer than its size", text: line + "Transfer-Encoding: chunked\r\n" + end + "3\r\nabcd\r\n0\r\n\r\n"},
	{name: "trailer", text: line + "Transfer-Encoding: chunked\r\n" + end + "0\r\nX: a\r\n\r\n"},
	{name: "trailer with obs-fold", text: line + "Transfer-Encoding: chunked\r\n" + end + "0\r\nX: a\r\n b\r\n\r\n", want: "read error; closed", why: whyFold},
	{name: "trailer with bare LF", text: line + "Transfer-Encoding: chunked\r\n" + end + "0\r\nX: a\n\r\n", want: "read error; closed", why: whyLF},
	{
		name: "trailer with a length", text: line + "Transfer-Encoding: chunked\r\n" + end + "0\r\nContent-Length: 5\r\n\r\n",
		want: "read error; closed", why: "RFC 9110 §6.5.1: fields for framing must not stand in trailers",
	},
}

var connections = []odd{
	{name: "close", text: line + "Connection: close\r\n" + end},
	{name: "keep-alive", text: line + "Connection: keep-alive\r\n" + end},
	{name: "keep-alive, close", text: line + "Connection: keep-alive, close\r\n" + end},
	{name: "Connection twice", text: line + "Connection: keep-alive\r\nConnection: close\r\n" + end},
	{name: "Connection that names a field", text: line + "Connection: Range\r\nRange: bytes=0-1\r\n" + end},
	{name: "Connection that names Host", text: line + "Connection: Host\r\n" + end},
	{name: "Keep-Alive", text: line + "Keep-Alive: timeout=5\r\n" + end},
	{name: "Proxy-Connection", text: line + "Proxy-Connection: close\r\n" + end},
	{name: "Upgrade", text: line + "Connection: Upgrade\r\nUpgrade: websocket\r\n" + end},
	{name: "Upgrade to HTTP/2", text: line + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + end},
	{name: "TE", text: line + "TE: trailers\r\nConnection: TE\r\n" + end},
	{name: "Trailer without chunks", text: line + "Trailer: X\r\n" + end},
	{name: "Expect", text: "POST /live/a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"},
	{name: "Expect without body", text: line + "Expect: 100-continue\r\n" + end},
	{name: "Expect something else", text: line + "Expect: x\r\n" + end},
}

// fields are header fields of clients, caches and CDNs.
func fields() []odd {
	var all []odd
	for _, field := range []string{
		"Range: bytes=0-1", "Range: bytes=0-1,3-4", "Range: bytes=0-1, 3-4", "Range: bytes=-0", "Range: bytes=-5", "Range: bytes=5-", "Range: bytes=5-3",
		"Range: bytes=18446744073709551616-", "Range: items=0-1", "Range: bytes 0-1", "Range: bytes=", "Range: bytes=0-1\r\nRange: bytes=3-4",
		"Range: bytes=0-1\r\nIf-Range: \"m\"", "Range: bytes=0-1\r\nIf-Range: W/\"m\"", "Range: bytes=0-1\r\nIf-Range: Mon, 30 Nov 2026 00:00:00 GMT",
		"If-None-Match: *", "If-None-Match: \"a\", \"b\"", "If-None-Match: W/\"a\"", "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"", "If-None-Match: a",
		"If-Match: \"a\"", "If-Modified-Since: Mon, 30 Nov 2026 00:00:00 GMT", "If-Unmodified-Since: rubbish",
		"Cookie: a=b\r\nAuthorization: Bearer x", "x-a: 1\r\nX-A: 2\r\nx-A:", "CMCD-Session: sid=\"a\"", "Via: 2.0 a, 1.1 b\r\nVia: 1.1 c", "X_a: b", "Pragma: no-cache",
		"Pragma: no-cache\r\nCache-Control: max-age=0", "If-None-Match: \"a\"\r\nRange: bytes=0-1", "Accept-Encoding: gzip;q=0, br", "Accept-Encoding:", "Accept-Encoding: gzip\r\nAccept-Encoding: br",
	} {
		all = append(all, odd{name: field, text: line + field + "\r\n" + end}, odd{name: field + " by HEAD", text: "HEAD /live/a HTTP/1.1\r\nHost: h\r\n" + field + "\r\n\r\n"})
	}
	return all
}

var pipelines = []odd{
	{name: "two requests", text: line + end + "GET /live/b HTTP/1.1\r\nHost: h\r\n\r\n"},
	{name: "two requests to others", text: "GET /watch/a HTTP/1.1\r\nHost: h\r\n\r\n" + line + end},
	{name: "empty line between two requests", text: line + end + "\r\n" + line + end},
	{name: "faulty after a good one", text: line + end + line + "X: a\r\n b\r\n" + end, want: "200 GET /live/a /live/a? h map[]; 400; closed", why: whyFold},
	{
		name: "faulty after one for net/http", text: "GET /watch/a HTTP/1.1\r\nHost: h\r\n\r\n" + line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" + end + "0\r\n\r\n",
		want: "200 GET /watch/a /watch/a? h map[]; 400; closed", why: whyBoth,
	},
	{
		name: "faulty from its first line on after one for net/http", text: "GET /watch/a HTTP/1.1\r\nHost: h\r\n\r\nGET /live/a HTTP/1.1\nHost: h\n\n",
		want: "200 GET /watch/a /watch/a? h map[]; 400; closed", why: whyLF,
	},
	{
		name: "faulty after a body", text: "POST /live/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + line + "X: a\n\r\n",
		want: "200 POST /live/a /live/a? h map[Content-Length:[3]] abc; 400; closed", why: whyLF,
	},
	{
		name: "faulty after chunks", text: "POST /live/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + line + "X: a\r\n b\r\n" + end,
		want: "200 POST /live/a /live/a? h map[] abc; 400; closed", why: whyFold,
	},
	{
		name: "faulty after a refused upgrade", text: line + "Connection: Upgrade\r\nUpgrade: x\r\n" + end + line + "X: a\r\n b\r\n" + end,
		want: "200 GET /live/a /live/a? h map[Connection:[Upgrade] Upgrade:[x]]; 400; closed", why: whyFold,
	},
}
