package pull

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// errFingerprint reports another certificate than the one that the address names.
var errFingerprint = errors.New("the peer has another certificate than fingerprint= in the address says; if it was replaced on purpose, put the new SHA-256 there")

// trust is the TLS configuration of an address: what the system trusts, the certificates of
// a PEM file (ca=), or the one certificate with a SHA-256 (fingerprint=), which cameras that
// sign their own need. nil is what the system trusts.
func (a Address) trust() (*tls.Config, error) {
	fingerprint, file := a.options.Get("fingerprint"), a.options.Get("ca")
	switch {
	case !a.scheme.tls, fingerprint == "" && file == "":
		return nil, nil
	case fingerprint != "" && file != "":
		return nil, errors.New("fingerprint= and ca=: use one of them")
	case fingerprint != "":
		return trustOne(fingerprint)
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca=: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca=: %s holds no certificate (PEM)", file)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// trustOne trusts the certificate with a SHA-256, whatever name it has and until whenever it
// is valid.
func trustOne(fingerprint string) (*tls.Config, error) {
	want, err := hex.DecodeString(strings.ReplaceAll(fingerprint, ":", ""))
	if err != nil || len(want) != sha256.Size {
		return nil, errors.New("fingerprint=: use the SHA-256 of the certificate, as openssl x509 -noout -fingerprint -sha256 prints it")
	}
	return &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection does more
		VerifyConnection: func(s tls.ConnectionState) error {
			got := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) != 1 {
				return errFingerprint
			}
			return nil
		},
	}, nil
}
