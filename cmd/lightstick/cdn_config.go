package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	edgeconfig "github.com/globalfandom/lightstick/cdn/edge"
)

type cdnConfig struct {
	Product         string        `arg:"" enum:"nginx,varnish,haproxy,cloudfront,fastly" help:"nginx, varnish, haproxy, cloudfront or fastly."`
	Origin          string        `required:"" help:"Address of the Lightstick origin; https://HOST works too." placeholder:"HOST:PORT"`
	Listen          string        `help:"Address that viewers connect to; :PORT listens on all addresses." default:":80" placeholder:"HOST:PORT"`
	Name            string        `help:"Name of the edge in CDN-Loop. Chained edges need different names." default:"lightstick-edge"`
	Verify          string        `help:"What verifies playback tokens: none, origin (its answer is cached for seconds), or native (the product itself, with a key)." enum:"none,origin,native" default:"none"`
	SecretFile      string        `help:"File with the origin's cdn.secret. Default: $LIGHTSTICK_CDN_SECRET." placeholder:"FILE"`
	SecretHeader    string        `help:"Header that carries the secret: the origin's cdn.secret_header." default:"X-Origin-Secret"`
	TLSCert         string        `name:"tls-cert" help:"TLS certificate, for HTTP/2 (nginx, HAProxy)." placeholder:"FILE"`
	TLSKey          string        `name:"tls-key" help:"Private key of --tls-cert." placeholder:"FILE"`
	PartDuration    time.Duration `help:"The origin's hls.part_duration." default:"250ms"`
	SegmentDuration time.Duration `help:"The origin's hls.segment_duration." default:"2s"`
	CacheSize       string        `help:"Size limit of the cache, such as 512m." default:"1g"`
	Dir             string        `help:"Directory for nginx's files, instead of its prefix (-p)." placeholder:"DIR"`
	User            string        `help:"User that nginx's workers run as when root starts it." placeholder:"NAME"`
	AccessLog       string        `help:"nginx's access log, without tokens; off: none." default:"access.log"`
	API             bool          `name:"api" help:"Forward /api and /dashboard too."`
	PurgeFrom       []string      `help:"Network that may purge Varnish, besides the local machine. Repeatable." placeholder:"CIDR"`
	Output          string        `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
}

// Run prints nothing but the configuration, and nothing at all if an option is wrong.
func (c *cdnConfig) Run(out io.Writer) error {
	options, err := c.options()
	if err != nil {
		return usageError("%w", err)
	}
	text, err := edgeconfig.Generate(c.Product, options)
	if err != nil {
		return optionError("edge", err)
	}
	if c.Product == "nginx" && options.User == "root" && c.User == "" {
		fmt.Fprintln(os.Stderr, "note: nginx's workers will run as root, since root wrote this; for production add --user www-data --dir DIRECTORY")
	}
	if c.Output == "" {
		_, err = out.Write(text)
		return err
	}
	return writeConfig(c.Output, text, options.Secret)
}

// writeConfig lets everybody read the file, since Varnish reads it as a user of its own,
// unless the secret stands in it.
func writeConfig(name string, text []byte, secret string) error {
	mode := os.FileMode(0o644)
	if secret != "" && bytes.Contains(text, []byte(secret)) {
		mode = 0o600
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		err = f.Chmod(mode) // the file may have been there, with a secret or without
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func (c *cdnConfig) options() (edgeconfig.Options, error) {
	o := edgeconfig.Options{
		Origin: c.Origin, Listen: c.Listen, Name: c.Name, Verify: edgeconfig.Verify(c.Verify),
		SecretFile: c.SecretFile, SecretHeader: c.SecretHeader, TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		PartDuration: c.PartDuration, SegmentDuration: c.SegmentDuration, CacheSize: c.CacheSize,
		Dir: c.Dir, User: c.User, AccessLog: c.AccessLog, API: c.API,
	}
	if o.User == "" && o.Dir == "" && os.Geteuid() == 0 {
		// The prefix is often a directory that only root may enter: workers as nobody could
		// not reach their cache.
		o.User = "root"
	}
	var faults []error
	for _, text := range c.PurgeFrom {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--purge-from: %q is not a network such as 10.0.0.0/8", text))
		}
		o.PurgeFrom = append(o.PurgeFrom, prefix)
	}
	var err error
	if o.Secret, err = readSecret("--secret-file", c.SecretFile); err != nil {
		faults = append(faults, err)
	}
	if o.Secret == "" {
		o.Secret = strings.TrimSpace(os.Getenv("LIGHTSTICK_CDN_SECRET"))
	}
	return o, errors.Join(faults...)
}

// maxSecretFile is far more than a secret has.
const maxSecretFile = 4 << 10

func readSecret(option, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile))
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return "", fmt.Errorf("%s: %s is empty", option, file)
	}
	return string(text), nil
}
