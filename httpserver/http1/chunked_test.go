package http1

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestConnectionsWithTLSEndAfterChunks(t *testing.T) {
	server := httptest.NewTLSServer(CloseAfterChunked(http.HandlerFunc(echo)))
	defer server.Close()
	for _, tt := range []struct {
		name, text string
		closed     bool
	}{
		{"both", line + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
		{"chunked", line + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
		{"a length", line + "Content-Length: 3\r\n\r\nabc", false},
		{"no body", line + end, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, tt.text); err != nil {
				t.Fatal(err)
			}
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if r.StatusCode != http.StatusOK || r.Close != tt.closed {
				t.Errorf("%d, close: %v", r.StatusCode, r.Close)
			}
		})
	}
}
