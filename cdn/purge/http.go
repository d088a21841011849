package purge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// request makes one call; body may be nil.
func request(ctx context.Context, client *http.Client, method, address string, header http.Header, body any, advice func(status int) string) error {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, text)
	if err != nil {
		return errors.New("no request can be made of its URL")
	}
	maps.Copy(r.Header, header)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("User-Agent", "Lightstick")
	answer, err := client.Do(r)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // without the URL
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxReply)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return &statusError{answer.StatusCode, advice(answer.StatusCode)}
	}
	return nil
}

// fastly: fastly://TOKEN@SERVICE?soft=true&endpoint=…
type fastly struct {
	client  *http.Client
	address string
	header  http.Header
}

// fastlyKeys is how many keys one call may hold (Fastly's API reference, "Purging").
const fastlyKeys = 256

func (t *Target) fastly(u *url.URL) error {
	q, err := options(u, "soft", "endpoint")
	if err != nil {
		return err
	}
	token := u.User.Username()
	if token == "" {
		return errors.New("token or service is missing; use fastly://TOKEN@SERVICE")
	}
	f := &fastly{client: newClient(), header: http.Header{"Fastly-Key": {token}, "Accept": {"application/json"}}}
	f.address = strings.TrimSuffix(cmp.Or(q.Get("endpoint"), "https://api.fastly.com"), "/") + "/service/" + url.PathEscape(u.Host) + "/purge/"
	switch q.Get("soft") {
	case "", "false":
	case "true":
		f.header["Fastly-Soft-Purge"] = []string{"1"}
	default:
		return errors.New("soft: use true or false")
	}
	t.Purger, t.TagHeader, t.Batch = f, "Surrogate-Key", fastlyKeys
	return nil
}

// Purge implements Purger: one key by its URL, several by one call.
func (f *fastly) Purge(ctx context.Context, objects []Object) error {
	advice := func(status int) string {
		return advise(status, "the token in purge.targets, which needs the scope purge_select", "the service ID in purge.targets")
	}
	if len(objects) == 1 {
		return request(ctx, f.client, http.MethodPost, f.address+url.PathEscape(objects[0].Tag()), f.header, nil, advice)
	}
	keys := struct {
		Keys []string `json:"surrogate_keys"`
	}{tags(objects)}
	return request(ctx, f.client, http.MethodPost, strings.TrimSuffix(f.address, "/"), f.header, keys, advice)
}

func tags(objects []Object) []string {
	list := make([]string, len(objects))
	for i, o := range objects {
		list[i] = o.Tag()
	}
	return list
}

// cloudflare: cloudflare://TOKEN@ZONE, or with ?host=… by prefixes of that host.
type cloudflare struct {
	client  *http.Client
	address string
	header  http.Header
	hosts   []string
}

// cloudflareItems is how many tags or prefixes one call may hold (Cloudflare's API
// reference, "Purge Cached Content").
const cloudflareItems = 30

func (t *Target) cloudflare(u *url.URL) error {
	q, err := options(u, "host", "endpoint")
	if err != nil {
		return err
	}
	token := u.User.Username()
	if token == "" {
		return errors.New("token or zone is missing; use cloudflare://TOKEN@ZONE")
	}
	c := &cloudflare{client: newClient(), header: http.Header{"Authorization": {"Bearer " + token}}, hosts: q["host"]}
	c.address = strings.TrimSuffix(cmp.Or(q.Get("endpoint"), "https://api.cloudflare.com/client/v4"), "/") + "/zones/" + url.PathEscape(u.Host) + "/purge_cache"
	t.Purger, t.Batch = c, cloudflareItems
	if len(c.hosts) == 0 {
		t.TagHeader = "Cache-Tag"
	} else {
		t.Batch = max(1, cloudflareItems/len(c.hosts))
	}
	return nil
}

// Purge implements Purger.
func (c *cloudflare) Purge(ctx context.Context, objects []Object) error {
	body := map[string][]string{"tags": tags(objects)}
	if len(c.hosts) > 0 {
		var prefixes []string
		for _, o := range objects {
			for _, h := range c.hosts {
				prefixes = append(prefixes, h+o.Path())
			}
		}
		body = map[string][]string{"prefixes": prefixes}
	}
	return request(ctx, c.client, http.MethodPost, c.address, c.header, body, func(status int) string {
		return advise(status, "the token in purge.targets, which needs the permission Cache Purge", "the zone ID in purge.targets")
	})
}

// The headers of a BAN, for the VCL: the stream's name, STREAM/ID of a recording or of a
// publication, and the secret. A VCL that does not know the second and third bans the
// stream.
const (
	HeaderStream      = "X-Purge-Stream"
	HeaderRecording   = "X-Purge-Recording"
	HeaderPublication = "X-Purge-Publication"
	HeaderSecret      = "X-Purge-Secret"
)

// varnish: varnish://SECRET@HOST:PORT, or varnish+https.
type varnish struct {
	client  *http.Client
	address string
	secret  string
}

func (t *Target) varnish(u *url.URL) error {
	if _, err := options(u); err != nil {
		return errors.New("a Varnish has no options; use varnish://SECRET@HOST:PORT")
	}
	v := &varnish{client: newClient(), address: "http://" + u.Host + "/", secret: u.User.Username()}
	if v.secret == "" {
		return errors.New("the secret is missing; use varnish://SECRET@HOST:PORT, with the secret of its VCL")
	}
	if u.Scheme == "varnish+https" {
		v.address = "https://" + u.Host + "/"
	}
	t.Purger = v
	return nil
}

// Purge implements Purger. Values are escaped as paths are: without quotes and spaces.
func (v *varnish) Purge(ctx context.Context, objects []Object) error {
	for _, o := range objects {
		header := http.Header{HeaderStream: {url.PathEscape(o.Stream)}, HeaderSecret: {v.secret}}
		if o.Recording != "" {
			header[HeaderRecording] = []string{url.PathEscape(o.Stream) + "/" + url.PathEscape(o.Recording)}
		}
		if o.Publication != "" {
			header[HeaderPublication] = []string{url.PathEscape(o.Stream) + "/" + url.PathEscape(o.Publication)}
		}
		err := request(ctx, v.client, "BAN", v.address, header, nil, func(status int) string {
			return advise(status, "the secret in purge.targets and in the VCL, and the VCL's list of addresses that may purge",
				"that it is a Varnish whose VCL knows BAN")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// generic: https://host/purge{path}#method=POST&header=Authorization:Bearer%20…
type generic struct {
	client           *http.Client
	method, template string
	header           http.Header
}

func (t *Target) generic(address string) error {
	template, fragment, _ := strings.Cut(address, "#")
	q, err := options(&url.URL{RawQuery: fragment}, "method", "header")
	if err != nil {
		return err
	}
	g := &generic{client: newClient(), method: cmp.Or(q.Get("method"), "PURGE"), template: template, header: make(http.Header)}
	if !slices.Contains([]string{"PURGE", "BAN", "DELETE", "POST", "PUT", "GET"}, g.method) {
		return errors.New("method: use PURGE, BAN, DELETE, POST, PUT or GET")
	}
	if !strings.ContainsAny(template, "{") {
		return errors.New("say what to purge by {stream}, {recording}, {publication}, {tag} or {path} in the URL")
	}
	for _, line := range q["header"] {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || name == "" || value == "" || strings.ContainsAny(line, "\r\n") {
			return errors.New("header: use NAME:VALUE")
		}
		g.header.Add(textproto.CanonicalMIMEHeaderKey(name), value)
	}
	if r, err := http.NewRequest(g.method, g.expand(Object{Stream: "a"}), nil); err != nil || r.URL.Host == "" || strings.Contains(r.URL.Host, "{") {
		return ErrTarget
	}
	t.Purger = g
	return nil
}

// Purge implements Purger.
func (g *generic) Purge(ctx context.Context, objects []Object) error {
	for _, o := range objects {
		err := request(ctx, g.client, g.method, g.expand(o), g.header, nil, func(status int) string {
			return advise(status, "the headers in purge.targets", "the URL in purge.targets")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *generic) expand(o Object) string {
	return strings.NewReplacer("{stream}", url.PathEscape(o.Stream), "{recording}", url.PathEscape(o.Recording),
		"{publication}", url.PathEscape(o.Publication), "{tag}", o.Tag(), "{path}", o.Path()).Replace(g.template)
}
