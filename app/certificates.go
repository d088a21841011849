package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/globalfandom/lightstick/config"
)

// certificates are what every TLS listener (HTTPS, RTMPS, RTSPS) shows: the files of
// http.tls_cert, or else the automatic certificate of http.domain.
type certificates struct {
	files  *certificateFiles // nil: http.tls_cert is not set
	magic  *certmagic.Config // nil: http.domain is not set
	domain string
}

// newCertificates reads the files, and keeps automatic certificates in dir. It asks the
// certificate authority for nothing yet; see manage.
func newCertificates(cfg *config.Config, dir string, log *slog.Logger) (*certificates, error) {
	c := &certificates{domain: cfg.HTTP.Domain}
	if cfg.HTTP.TLSCert != "" {
		c.files = &certificateFiles{log: log}
		if err := c.files.use(cfg.HTTP.TLSCert, cfg.HTTP.TLSKey); err != nil {
			return nil, err
		}
	}
	if c.domain != "" {
		certmagic.DefaultACME.Agreed = true
		certmagic.Default.Storage = &certmagic.FileStorage{Path: dir}
		c.magic = certmagic.NewDefault()
		c.magic.DefaultServerName = c.domain // encoders that are given an address send no name
	}
	return c, nil
}

// manage gets and renews the automatic certificate from now on. Ports 80 and 443 are
// open: the authority asks there for a proof.
func (c *certificates) manage() error {
	if c.magic == nil {
		return nil
	}
	if err := c.magic.ManageAsync(context.Background(), []string{c.domain}); err != nil {
		return fmt.Errorf("http.domain: %w", err)
	}
	return nil
}

// config is for one listener; nil: there is no certificate.
func (c *certificates) config() *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case c.files != nil:
		t.GetCertificate = c.files.get
	case c.magic != nil:
		t.GetCertificate = c.magic.GetCertificate
	default:
		return nil
	}
	return t
}

// reload reads the files of http.tls_cert again, which may be others now. Automatic
// certificates are renewed without it.
func (c *certificates) reload(next *config.Config) error {
	if (c.files == nil) != (next.HTTP.TLSCert == "") {
		return errNeedsRestart // the listeners have begun with or without TLS
	}
	if c.files == nil {
		return nil
	}
	return c.files.use(next.HTTP.TLSCert, next.HTTP.TLSKey)
}

// filesChecked is how often, at most, handshakes look whether the files have changed.
// Many ACME clients tell nobody that they renewed a certificate.
const filesChecked = 10 * time.Second

// certificateFiles are a certificate and its key. They are read again when a handshake
// finds them changed, and when use is called. While they can't be read, or don't fit
// each other, the last good pair stays.
type certificateFiles struct {
	log  *slog.Logger
	pair atomic.Pointer[tls.Certificate]

	mu        sync.Mutex // handshakes don't wait for it: a disk may hang
	cert, key string
	seen      [2]fileStamp // of the files when they were last read, well or not
	checked   time.Time
}

// fileStamp changes when a file is written or replaced.
type fileStamp struct {
	modified time.Time
	size     int64
}

// use reads the pair and shows it from now on. If that fails, everything stays.
func (c *certificateFiles) use(cert, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read(cert, key, stampsOf(cert, key))
}

// read makes the files the current pair. mu is held.
func (c *certificateFiles) read(cert, key string, seen [2]fileStamp) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("http.tls_cert, http.tls_key: %w", err)
	}
	c.pair.Store(&pair)
	c.cert, c.key, c.seen, c.checked = cert, key, seen, time.Now()
	return nil
}

func stampsOf(cert, key string) (s [2]fileStamp) {
	for i, name := range []string{cert, key} {
		if info, err := os.Stat(name); err == nil {
			s[i] = fileStamp{info.ModTime(), info.Size()}
		}
	}
	return s
}

// get implements tls.Config.GetCertificate.
func (c *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.mu.TryLock() {
		defer c.mu.Unlock()
		if time.Since(c.checked) >= filesChecked {
			c.refresh()
		}
	}
	return c.pair.Load(), nil
}

// refresh reads files that have changed. The two are seldom written at once: what does
// not fit now is tried again when it has changed again. mu is held.
func (c *certificateFiles) refresh() {
	c.checked = time.Now()
	seen := stampsOf(c.cert, c.key)
	if seen == c.seen {
		return
	}
	if err := c.read(c.cert, c.key, seen); err != nil {
		c.seen = seen
		c.log.Error("the changed certificate can't be used: the last one stays", "err", err)
		return
	}
	c.log.Info("certificate read again", "file", c.cert, "expires", c.pair.Load().Leaf.NotAfter.UTC())
}
