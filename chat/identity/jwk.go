package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"

	"github.com/MicahParks/jwkset"
)

// publicKey is a key of the site's, with the one algorithm that it is good for.
type publicKey struct {
	id  string
	alg string // EdDSA, ES256 or RS256
	key any    // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
}

// jwk is what is read of a key (RFC 7517): its public half and what it is for.
// Certificates and where to fetch them (x5c, x5u) are left out on purpose.
type jwk struct {
	KTY    string   `json:"kty"`
	Use    string   `json:"use"`
	KeyOps []string `json:"key_ops"`
	Alg    string   `json:"alg"`
	KID    string   `json:"kid"`
	Crv    string   `json:"crv"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
	N      string   `json:"n"`
	E      string   `json:"e"`
}

// Bounds of a key set.
const (
	maxKeys    = 64
	maxKID     = 256  // bytes
	minRSABits = 2048 // RFC 7518 §3.3
	maxRSABits = 8192 // checking a signature takes longer with the square of it
)

var errNoKeys = errors.New("holds no key set")

// parseKeySet reads a JWK set. Keys that are for something else, or of a kind that
// isn't known, are left out, as RFC 7517 §5 says.
func parseKeySet(data []byte) ([]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errNoKeys
	}
	var keys []publicKey
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var k jwk
		if json.Unmarshal(raw, &k) != nil {
			continue
		}
		if key, ok := k.public(); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// public is the key, if tokens can be verified with it.
func (k *jwk) public() (publicKey, bool) {
	if k.Use != "" && k.Use != "sig" || len(k.KeyOps) > 0 && !slices.Contains(k.KeyOps, "verify") || len(k.KID) > maxKID {
		return publicKey{}, false
	}
	parsed, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KTY(k.KTY), CRV: jwkset.CRV(k.Crv), X: k.X, Y: k.Y, N: k.N, E: k.E,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return publicKey{}, false
	}
	p := publicKey{id: k.KID, key: parsed.Key()}
	switch key := p.key.(type) {
	case ed25519.PublicKey:
		p.alg = "EdDSA"
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			p.alg = "ES256"
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSABits && bits <= maxRSABits {
			p.alg = "RS256"
		}
	}
	// RFC 9864 names EdDSA with this curve Ed25519.
	stated := k.Alg == "" || k.Alg == p.alg || k.Alg == "Ed25519" && p.alg == "EdDSA"
	return p, p.alg != "" && stated
}
