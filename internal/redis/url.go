// Package redis reads the addresses of Redis servers as they stand in configuration,
// for all who connect to one.
//
//	redis://USER:PASSWORD@HOST:PORT/DB              one server
//	rediss://…                                      the same with TLS
//	unix:///PATH                                    one server, by its socket
//	redis://H1:6379,H2:6379?cluster=true            Redis Cluster, by some of its nodes
//	redis://S1:26379,S2:26379/DB?master=NAME        Sentinels that know where NAME is
//
// Several of them, separated by spaces, are shards: each key lives on one.
//
// rueidis.ParseURL is not used: it has no cluster, takes further hosts by ?addr= and the
// master by ?master_set=, takes a URL without a host for this machine, checks the
// certificates of all hosts against the name of the first, and its errors show the URL.
package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

// Server is a server, a cluster, or what Sentinels watch over.
type Server struct {
	Options rueidis.ClientOption
	Cluster bool // it was said to be one; a single address may turn out to be one
	Socket  bool // the address is a socket's path
}

// Name is for logs: the hosts, no secrets.
func (s Server) Name() string { return strings.Join(s.Options.InitAddress, ",") }

// Servers are shards: each key lives on one.
type Servers []Server

// UnmarshalText implements encoding.TextUnmarshaler; empty: none.
func (s *Servers) UnmarshalText(text []byte) (err error) {
	*s = nil
	if strings.TrimSpace(string(text)) != "" {
		*s, err = Parse(string(text))
	}
	return err
}

// Settings are redis.* of the configuration.
type Settings struct {
	Servers Servers `key:"redis.url" list:" " secret:"true" default:"" help:"Redis that several servers share: redis://USER:PASSWORD@HOST:PORT/DB (rediss:// with TLS), redis://H1:6379,H2:6379?cluster=true, or redis://S1:26379,S2:26379?master=NAME for Sentinels. Several, separated by spaces, are shards of the chat. Empty: each server works alone."`
}

// Parse reads addresses. The error never shows them, since they may hold a password.
func Parse(text string) (Servers, error) {
	var servers Servers
	for i, field := range strings.Fields(text) {
		s, err := parse(field)
		if err != nil {
			return nil, fmt.Errorf("address %d: %w", i+1, err)
		}
		servers = append(servers, s)
	}
	if len(servers) == 0 {
		return nil, errors.New("no address")
	}
	return servers, nil
}

var errForm = errors.New("not a URL such as redis://USER:PASSWORD@HOST:6379/0, redis://H1:6379,H2:6379?cluster=true or redis://S1:26379,S2:26379?master=NAME")

func parse(text string) (Server, error) {
	var s Server
	// More than one host with a port is no valid URL: the further ones are set aside.
	text, more, err := split(text)
	if err != nil {
		return s, err
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return s, errForm
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return s, errForm
	}
	switch u.Scheme {
	case "redis", "rediss", "valkey", "valkeys":
		if u.Scheme == "rediss" || u.Scheme == "valkeys" {
			s.Options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		for _, host := range append([]string{u.Host}, more...) {
			address, err := hostPort(host)
			if err != nil {
				return s, err
			}
			s.Options.InitAddress = append(s.Options.InitAddress, address)
		}
	case "unix":
		if u.Path == "" || u.Host != "" || len(more) > 0 {
			return s, errForm
		}
		s.Socket = true
		s.Options.DialCtxFn = func(ctx context.Context, path string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return d.DialContext(ctx, "unix", path)
		}
		s.Options.InitAddress = []string{u.Path}
	default:
		return s, errForm
	}
	if err := s.path(u, query); err != nil {
		return s, err
	}
	if u.User != nil {
		s.Options.Username = u.User.Username()
		s.Options.Password, _ = u.User.Password()
	}
	return s, s.query(query)
}

// split takes the hosts after the first out of a URL.
func split(text string) (string, []string, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return "", nil, errForm
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	user := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, authority = authority[:at+1], authority[at+1:]
	}
	hosts := strings.Split(authority, ",")
	if len(hosts) > 64 {
		return "", nil, errors.New("more than 64 hosts")
	}
	return scheme + "://" + user + hosts[0] + tail, hosts[1:], nil
}

func hostPort(text string) (string, error) {
	u := url.URL{Host: text}
	host, port := u.Hostname(), u.Port()
	if host == "" || strings.ContainsAny(host, " /?#@,") {
		return "", errForm
	}
	if port == "" {
		if strings.HasSuffix(text, ":") || strings.Count(text, ":") == 1 {
			return "", errForm
		}
		port = "6379"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errForm
	}
	return net.JoinHostPort(host, port), nil
}

func (s *Server) path(u *url.URL, query url.Values) error {
	db := strings.TrimPrefix(u.Path, "/")
	if s.Socket {
		db = query.Get("db")
	}
	if db == "" {
		return nil
	}
	n, err := strconv.ParseUint(db, 10, 16)
	if err != nil {
		return errors.New("the database is not a number; use one such as /0")
	}
	s.Options.SelectDB = int(n)
	return nil
}

// query takes what stands after the question mark.
func (s *Server) query(query url.Values) error {
	for name, values := range query {
		value := values[0]
		switch name {
		case "cluster":
			on, err := strconv.ParseBool(value)
			if err != nil {
				return errors.New("cluster: use true or false")
			}
			s.Cluster = on
		case "master":
			s.Options.Sentinel.MasterSet = value
		case "sentinel_user":
			s.Options.Sentinel.Username = value
		case "sentinel_password":
			s.Options.Sentinel.Password = value
		case "db":
			if !s.Socket {
				return errForm
			}
		default:
			return errors.New("unknown option; use cluster, master, sentinel_user, sentinel_password or (of a socket) db")
		}
	}
	sentinel := s.Options.Sentinel.MasterSet != ""
	switch {
	case sentinel && (s.Cluster || s.Socket), s.Cluster && s.Socket:
		return errors.New("use only one of cluster, master and a socket")
	case query.Has("master") && !sentinel:
		return errors.New("master is empty; name what the Sentinels watch")
	case len(s.Options.InitAddress) > 1 && !sentinel && !s.Cluster:
		return errors.New("several hosts need ?cluster=true, or ?master=NAME for Sentinels; shards are separated by spaces")
	case s.Cluster && s.Options.SelectDB != 0:
		return errors.New("a cluster has no databases; leave the number out")
	}
	if sentinel && s.Options.TLSConfig != nil {
		s.Options.Sentinel.TLSConfig = s.Options.TLSConfig.Clone()
	}
	return nil
}
