package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// remote are the options of commands that ask a running server.
type remote struct {
	common `embed:""`
	URL    string `help:"URL of the server. Default: the one that the configuration describes, on this machine." placeholder:"http://HOST:PORT"`
	Token  string `help:"API token. Better set LIGHTSTICK_API_TOKEN, because 'ps' shows arguments. Default: api.token of the configuration." placeholder:"TOKEN"`
}

// apiClient calls the REST API of one server.
type apiClient struct {
	base  string // without a slash at its end
	token string
	http  *http.Client
}

const (
	// apiTimeout bounds one call, which may wait for an object storage.
	apiTimeout = time.Minute
	// maxAnswer bounds what is read of an answer; a recording takes about a kilobyte.
	maxAnswer = 64 << 20
)

// client finds the server and the token.
func (r *remote) client() (*apiClient, error) {
	loaded, err := r.load()
	if err != nil {
		return nil, err
	}
	base := r.URL
	if base == "" {
		if base, err = serverURL(&loaded.Config); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, usageError("--url: %q is not a URL; use http://HOST:PORT", base)
	}
	token := r.Token
	if token == "" {
		token = string(loaded.API.Token) // holds LIGHTSTICK_API_TOKEN, too
	}
	return newAPIClient(base, token), nil
}

// newAPIClient does not follow redirects: a POST would become a GET on the way.
func newAPIClient(base, token string) *apiClient {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &apiClient{strings.TrimSuffix(base, "/"), token, &http.Client{CheckRedirect: stay}}
}

// serverURL is where a server with this configuration answers on this machine. With
// a certificate that is its public name, which the certificate is for.
func serverURL(cfg *config.Config) (string, error) {
	switch {
	case cfg.HTTP.Domain != "":
		return "https://" + cfg.HTTP.Domain, nil
	case cfg.HTTP.TLSCert != "" && cfg.HTTP.URL != "":
		return cfg.HTTP.URL, nil
	}
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return "", errors.New("http.listen is off in this configuration; name the server with --url http://HOST:PORT")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if cfg.HTTP.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// apiError is an answer that is not a success.
type apiError struct {
	status int
	text   string
}

func (e *apiError) Error() string { return e.text }

// hasStatus reports whether the server answered with the status.
func hasStatus(err error, status int) bool {
	var answer *apiError
	return errors.As(err, &answer) && answer.status == status
}

// call sends in, unless it is nil, and reads the answer into out, unless that is nil.
// A refusal is an *apiError.
func (c *apiClient) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	return c.do(ctx, method, path, "application/json", body, out)
}

// upload posts a stream of any length, and reads the answer into out.
func (c *apiClient) upload(ctx context.Context, path string, body io.Reader, out any) error {
	return c.do(ctx, http.MethodPost, path, "application/octet-stream", io.NopCloser(body), out)
}

func (c *apiClient) do(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return c.refusal(answer)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("unexpected response of %s (%w); is it a Lightstick server of this version? name the right one with --url", c.base, err)
	}
	return nil
}

// unreachable says what to do when nobody answered.
func (c *apiClient) unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return cause // by the person who waits
	}
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err // the URL stands in our sentence
	}
	return fmt.Errorf("no server answers at %s (%w); start it with 'lightstick serve', or name another with --url http://HOST:PORT", c.base, err)
}

// refusal is the error that an answer stands for.
func (c *apiClient) refusal(answer *http.Response) error {
	var problem struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	// What is no problem document leaves it empty.
	_ = json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&problem)
	e := &apiError{status: answer.StatusCode, text: printable(problem.Detail)}
	switch {
	case answer.StatusCode == http.StatusUnauthorized && c.token == "":
		e.text = "the server needs an API token: the one that its first start printed, or its api.token; set LIGHTSTICK_API_TOKEN, or use --token"
	case answer.StatusCode == http.StatusUnauthorized:
		e.text = "the server at " + c.base + " refuses this API token: use the one that its first start printed, or its api.token, with LIGHTSTICK_API_TOKEN or --token"
	case answer.StatusCode < 400:
		to, _, _ := strings.Cut(answer.Header.Get("Location"), "/api/")
		return fmt.Errorf("%s redirects; use --url %s", c.base, printable(to))
	case problem.Detail == "", problem.Detail == control.NoRoute: // another server, or one without that part of the API
		return fmt.Errorf("%s answered %s; is it a Lightstick server of this version? name the right one with --url", c.base, answer.Status)
	}
	for _, fault := range problem.Errors {
		e.text += "; " + printable(strings.TrimPrefix(fault.Location, "body.")+" "+fault.Message)
	}
	return e
}
