package pull

import (
	"errors"
	"log/slog"
	"net"
	"strings"

	"github.com/globalfandom/lightstick/ingest/rtmp"
)

func newRTMP(a Address, _ *slog.Logger) (client, error) {
	config, err := a.trust()
	if err != nil {
		return nil, err
	}
	app, stream, err := a.appAndStream()
	if err != nil {
		return nil, err
	}
	port := a.url.Port()
	if port == "" {
		port = map[string]string{"rtmp": "1935", "rtmps": "443"}[a.url.Scheme]
	}
	return &rtmp.Client{
		Address: net.JoinHostPort(a.url.Hostname(), port), Secure: a.scheme.tls, TLS: config,
		TCURL: a.url.Scheme + "://" + a.url.Host + "/" + app, App: app, Stream: stream,
	}, nil
}

func checkRTMP(a Address) error {
	_, _, err := a.appAndStream()
	return err
}

// appAndStream divides the path: the last part, with the query, is the stream's name. Of one
// part it is the app, as players do it, and the name is empty.
func (a Address) appAndStream() (app, stream string, err error) {
	if a.url.User != nil {
		return "", "", errors.New("RTMP knows no user and password; put what the server wants into the path or the query")
	}
	path := strings.Trim(a.url.Path, "/")
	if path == "" {
		return "", "", errors.New("the address has no app and stream; use rtmp://HOST/APP/STREAM")
	}
	if a.url.RawQuery != "" {
		path += "?" + a.url.RawQuery
	}
	name, _, _ := strings.Cut(path, "?")
	at := strings.LastIndexByte(name, '/')
	if at < 0 {
		return path, "", nil
	}
	return path[:at], path[at+1:], nil
}
