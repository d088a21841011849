package jwtkeys_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
)

// rsaKey is as long as a public key of so many bits.
func rsaKey(bits uint) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}
}

func TestAKeyHasOneAlgorithm(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  any
		want string
	}{
		{"Ed25519", ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)), jwtkeys.EdDSA},
		{"P-256", &ecdsa.PublicKey{Curve: elliptic.P256()}, jwtkeys.ES256},
		{"P-384", &ecdsa.PublicKey{Curve: elliptic.P384()}, ""},
		{"RSA of 2047 bits", rsaKey(2047), ""},
		{"RSA of 2048 bits", rsaKey(2048), jwtkeys.RS256},
		{"RSA of 8192 bits", rsaKey(8192), jwtkeys.RS256},
		{"RSA of 8193 bits", rsaKey(8193), ""},
		{"secret", make([]byte, 32), ""},
		{"private key", ed25519.PrivateKey(make([]byte, ed25519.PrivateKeySize)), ""},
		{"nothing", nil, ""},
	} {
		if got := jwtkeys.Algorithm(tt.key); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestParserTakesListedAlgorithmsOnly(t *testing.T) {
	secret := make([]byte, jwtkeys.MinSecret)
	text, err := jwt.New(jwt.SigningMethodHS256).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	key := func(*jwt.Token) (any, error) { return secret, nil }
	if _, err := jwtkeys.NewParser(jwtkeys.HS256).Parse(text, key); err != nil {
		t.Error(err)
	}
	if _, err := jwtkeys.NewParser(jwtkeys.EdDSA, jwtkeys.ES256).Parse(text, key); err == nil {
		t.Error("takes an algorithm that is not listed")
	}
}
