// Package jwtkeys has the rules for keys of JSON Web Tokens (RFC 7519) that hold for all
// tokens here, those of players and those of the chat.
package jwtkeys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms that tokens may be signed with.
const (
	HS256 = "HS256"
	EdDSA = "EdDSA"
	ES256 = "ES256"
	RS256 = "RS256"
)

// MinSecret is how many bytes an HS256 key has at least (RFC 7518 §3.2).
const MinSecret = 32

const (
	minRSABits = 2048 // RFC 7518 §3.3
	maxRSABits = 8192 // checking a signature takes longer with the square of it
)

// NewParser makes a parser for tokens of these algorithms. It does not check times,
// audience or issuer, for which the kinds of tokens have rules of their own.
func NewParser(algorithms ...string) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
}

// Critical reports whether a token's header has extensions that must be understood
// (RFC 7515 §4.1.11). None is known here, so the token must be refused.
func Critical(t *jwt.Token) bool {
	_, critical := t.Header["crit"]
	return critical
}

// Algorithm is the one algorithm that a public key is good for: EdDSA, ES256 or RS256. It
// is "" for every other key.
func Algorithm(public any) string {
	switch key := public.(type) {
	case ed25519.PublicKey:
		return EdDSA
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return ES256
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSABits && bits <= maxRSABits {
			return RS256
		}
	}
	return ""
}
