package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/health"
)

// healthCommand is for whoever supervises the server and has no HTTP client at hand:
// a container's health check, above all.
type healthCommand struct {
	common  `embed:""`
	URL     string        `help:"URL of the server. Default: the one that the configuration describes, on this machine." placeholder:"http://HOST:PORT"`
	Timeout time.Duration `help:"Time limit of the answer." default:"3s"`
}

// Run ends without an error if the server is ready.
func (c *healthCommand) Run(ctx context.Context, out io.Writer) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	at := healthTarget{base: strings.TrimSuffix(c.URL, "/")}
	if c.URL == "" {
		if at, err = localTarget(&loaded.Config); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if err := at.ask(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "ready")
	return err
}

// healthTarget is a server to ask.
type healthTarget struct {
	base string      // URL without a slash at its end
	tls  *tls.Config // nil: the certificate must be valid for base
}

// localTarget is the server with this configuration, by an address of this machine:
// its public name may lead through a CDN, or not be known inside a container.
func localTarget(cfg *config.Config) (healthTarget, error) {
	listen := cfg.HTTP.Listen
	secure := cfg.HTTP.TLSCert != ""
	if listen == "" && cfg.HTTP.Domain != "" {
		listen, secure = ":443", true
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return healthTarget{}, errors.New("http.listen is off in this configuration; name the server with --url http://HOST:PORT")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if !secure {
		return healthTarget{base: "http://" + net.JoinHostPort(host, port)}, nil
	}
	return healthTarget{
		base: "https://" + net.JoinHostPort(host, port),
		// The certificate is for the public name. Nothing secret is sent, and an
		// expired certificate is no reason to restart the server.
		tls: &tls.Config{InsecureSkipVerify: true, ServerName: cfg.HTTP.Domain, MinVersion: tls.VersionTLS12},
	}, nil
}

// ask returns nil if the server is ready.
func (t healthTarget) ask(ctx context.Context) error {
	if u, err := url.Parse(t.base); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return usageError("--url: %q is not a URL; use http://HOST:PORT", t.base)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.base+health.ReadyPath, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: t.tls, DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // the URL stands in our sentence
		}
		return fmt.Errorf("not ready: no server answers at %s (%w)", t.base, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s%s answered %s", t.base, health.ReadyPath, answer.Status)
	}
	return nil
}
