// Package certificates has what TLS listeners (HTTPS, RTMPS, RTSPS) show: the certificate
// and key of two files, read again when they change, or an automatic certificate.
package certificates

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"
)

// Config says where certificates come from. The zero value is for servers without TLS.
type Config struct {
	CertFile, KeyFile string // http.tls_cert and http.tls_key; "": no files
	Domain            string // http.domain: an automatic certificate; "": none
	Dir               string // where automatic certificates are kept
}

// Certificates are what every TLS listener shows: the files, or else the automatic
// certificate.
type Certificates struct {
	files  *certificateFiles // nil: no files
	magic  *certmagic.Config // nil: no domain
	domain string
}

// ErrNeedsRestart reports that listeners have begun with TLS or without it, which can't be
// changed while they run.
var ErrNeedsRestart = errors.New("switching TLS on or off needs a restart")

// New reads the files. It asks the certificate authority for nothing yet; see Manage.
func New(cfg Config, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{domain: cfg.Domain}
	if cfg.CertFile != "" {
		c.files = &certificateFiles{log: log}
		if err := c.files.use(cfg.CertFile, cfg.KeyFile); err != nil {
			return nil, err
		}
	}
	if c.domain != "" {
		certmagic.DefaultACME.Agreed = true
		certmagic.Default.Storage = &certmagic.FileStorage{Path: cfg.Dir}
		c.magic = certmagic.NewDefault()
		c.magic.DefaultServerName = c.domain // encoders that are given an address send no name
	}
	return c, nil
}

// Manage gets and renews the automatic certificate from now on. Ports 80 and 443 must be
// open: the authority asks there for a proof.
func (c *Certificates) Manage() error {
	if c.magic == nil {
		return nil
	}
	if err := c.magic.ManageAsync(context.Background(), []string{c.domain}); err != nil {
		return fmt.Errorf("http.domain: %w", err)
	}
	return nil
}

// TLS is for one listener of any protocol; nil: there is no certificate.
func (c *Certificates) TLS() *tls.Config {
	if c.files == nil && c.magic != nil {
		return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.magic.GetCertificate}
	}
	return c.FilesTLS()
}

// FilesTLS is for a listener that shows the files alone; nil: there are none.
func (c *Certificates) FilesTLS() *tls.Config {
	if c.files == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.files.get}
}

// DomainTLS is for port 443 of the domain. It answers the authority's question by TLS, too
// (RFC 8737).
func (c *Certificates) DomainTLS() *tls.Config { return c.magic.TLSConfig() }

// ChallengeHandler answers the authority on port 80 of the domain, and leaves other requests
// to next.
func (c *Certificates) ChallengeHandler(next http.Handler) http.Handler {
	if issuer, ok := c.magic.Issuers[0].(*certmagic.ACMEIssuer); ok {
		return issuer.HTTPChallengeHandler(next)
	}
	return next
}

// Reload reads the files again, which may be others now. Automatic certificates are renewed
// without it.
func (c *Certificates) Reload(certFile, keyFile string) error {
	if (c.files == nil) != (certFile == "") {
		return ErrNeedsRestart
	}
	if c.files == nil {
		return nil
	}
	return c.files.use(certFile, keyFile)
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
		c.log.Error("certificate not reloaded; the last one stays", "err", err)
		return
	}
	c.log.Info("certificate reloaded", "file", c.cert, "expires", c.pair.Load().Leaf.NotAfter.UTC())
}
