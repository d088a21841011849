package jwtkeys

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/MicahParks/jwkset"
)

// PublicKey is a key of a set, with the one algorithm that it is good for.
type PublicKey struct {
	ID        string // kid
	Algorithm string // EdDSA, ES256 or RS256
	Key       any    // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
}

// Bounds of a key set.
const (
	maxKeys = 64
	maxKID  = 256 // bytes
)

var errNoSet = errors.New("holds no key set")

// ParseSet reads a JWK set (RFC 7517 §5). As that section says, it leaves out keys that are
// for something else, of an unknown kind or faulty.
func ParseSet(data []byte) ([]PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errNoSet
	}
	var keys []PublicKey
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var k jwkset.JWKMarshal
		if json.Unmarshal(raw, &k) != nil {
			continue
		}
		if key, ok := public(k); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// public is the key, if tokens can be verified with it. Certificates and where to fetch
// them (x5c, x5u) are left out on purpose.
func public(k jwkset.JWKMarshal) (PublicKey, bool) {
	if k.USE != "" && k.USE != jwkset.UseSig || len(k.KEYOPS) > 0 && !slices.Contains(k.KEYOPS, jwkset.KeyOpsVerify) || len(k.KID) > maxKID {
		return PublicKey{}, false
	}
	parsed, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: k.KTY, CRV: k.CRV, X: k.X, Y: k.Y, N: k.N, E: k.E,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return PublicKey{}, false
	}
	p := PublicKey{ID: k.KID, Algorithm: Algorithm(parsed.Key()), Key: parsed.Key()}
	// RFC 9864 names EdDSA with this curve Ed25519.
	stated := k.ALG == "" || string(k.ALG) == p.Algorithm || k.ALG == "Ed25519" && p.Algorithm == EdDSA
	return p, p.Algorithm != "" && stated
}
