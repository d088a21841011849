package check

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// decorator adds header fields to the requests for one host. Playlists and redirects
// may lead to others, which learn nothing.
type decorator struct {
	host   string
	fields http.Header
	inner  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (d *decorator) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == d.host {
		r = r.Clone(r.Context())
		maps.Copy(r.Header, d.fields)
	}
	return d.inner.RoundTrip(r)
}

// decorated is the client with header fields given as "Name: value". The error
// quotes nothing: it may be a secret.
func decorated(client *http.Client, host string, fields []string) (*http.Client, error) {
	if len(fields) == 0 {
		return client, nil
	}
	d := &decorator{host: host, fields: make(http.Header), inner: client.Transport}
	if d.inner == nil {
		d.inner = http.DefaultTransport
	}
	for _, field := range fields {
		name, value, ok := strings.Cut(field, ":")
		if value = strings.TrimSpace(value); !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("%w; use 'Name: value'", ErrHeader)
		}
		d.fields.Add(name, value)
	}
	with := *client
	with.Transport = d
	return &with, nil
}
