package token

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
)

// Key is what tokens are verified with and, if it holds the private half, signed with.
// It does not print itself.
type Key struct {
	id     string
	method jwt.SigningMethod
	verify any // ed25519.PublicKey, *ecdsa.PublicKey or []byte
	sign   any // ed25519.PrivateKey, *ecdsa.PrivateKey or []byte; nil: it can't
}

// ID is the key's name in tokens: the header field kid.
func (k Key) ID() string { return k.id }

// Algorithm is EdDSA, ES256 or HS256.
func (k Key) Algorithm() string { return k.method.Alg() }

// CanSign reports whether the key can sign tokens.
func (k Key) CanSign() bool { return k.sign != nil }

// String hides the key.
func (k Key) String() string { return k.id + " (" + k.Algorithm() + ")" }

// GoString hides the key in %#v too.
func (k Key) GoString() string { return k.String() }

// ErrKey reports a key that can't be read; the error that wraps it says what would be
// right, and never shows any of the key.
var ErrKey = errors.New("invalid key")

const (
	maxKeyFile = 1 << 16 // bytes
	maxKeyID   = 64      // bytes
)

// ParseKey reads a key as the configuration has it: ALGORITHM:BASE64,
// ALGORITHM:PATH.pem or ALGORITHM:file:PATH. In base64 an HS256 key is the secret, an
// EdDSA key the 32 bytes of the public half; everything else is DER as in PEM files
// (PKIX public keys, PKCS #8 or SEC 1 private keys). It fails with ErrKey.
func ParseKey(id, text string) (Key, error) {
	if id == "" || len(id) > maxKeyID {
		return Key{}, fmt.Errorf("%w: the name has 1 to %d bytes", ErrKey, maxKeyID)
	}
	algorithm, value, _ := strings.Cut(text, ":")
	material, err := keyMaterial(value)
	if err != nil {
		return Key{}, err
	}
	switch algorithm {
	case jwtkeys.HS256:
		if len(material) < jwtkeys.MinSecret {
			return Key{}, fmt.Errorf("%w: an HS256 key has at least %d bytes, in base64", ErrKey, jwtkeys.MinSecret)
		}
		return Key{id, jwt.SigningMethodHS256, material, material}, nil
	case jwtkeys.EdDSA:
		return edKey(id, material)
	case jwtkeys.ES256:
		return asymmetricKey(id, jwt.SigningMethodES256, material, "ECDSA key on P-256")
	}
	return Key{}, fmt.Errorf("%w: begin with EdDSA, ES256 or HS256 and a colon", ErrKey)
}

// keyMaterial is what stands in base64, or in a file.
func keyMaterial(value string) ([]byte, error) {
	path, isFile := strings.CutPrefix(value, "file:")
	if isFile || strings.HasSuffix(value, ".pem") {
		return readKeyFile(path)
	}
	unpadded := strings.TrimRight(value, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := encoding.DecodeString(unpadded); err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%w: not base64; for a file use file:PATH, or a name that ends in .pem", ErrKey)
}

// readKeyFile is what a PEM file holds or, in any other file, the base64.
func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%w: %s is not a file of at most %d bytes", ErrKey, path, maxKeyFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes, nil
	}
	if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text))); err == nil {
		return b, nil
	}
	return nil, fmt.Errorf("%w: %s holds neither PEM nor base64", ErrKey, path)
}

// asymmetricKey is a key pair for an algorithm, or the public half of one. The name of
// its form is for the error.
func asymmetricKey(id string, method jwt.SigningMethod, material []byte, form string) (Key, error) {
	k := Key{id: id, method: method, verify: parseDER(material)}
	if private, ok := k.verify.(crypto.Signer); ok {
		k.verify, k.sign = private.Public(), private
	}
	if jwtkeys.Algorithm(k.verify) != method.Alg() {
		return Key{}, fmt.Errorf("%w: not an %s", ErrKey, form)
	}
	return k, nil
}

func edKey(id string, material []byte) (Key, error) {
	if len(material) == ed25519.PublicKeySize {
		return Key{id, jwt.SigningMethodEdDSA, ed25519.PublicKey(material), nil}, nil
	}
	return asymmetricKey(id, jwt.SigningMethodEdDSA, material, "Ed25519 key")
}

// parseDER reads the forms that openssl writes; nil for anything else.
func parseDER(der []byte) any {
	if k, err := x509.ParsePKIXPublicKey(der); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k
	}
	return nil
}

// GenerateKey makes an Ed25519 key as a PEM file holds it.
func GenerateKey() []byte {
	_, private, _ := ed25519.GenerateKey(rand.Reader) // never fails (crypto/rand)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err) // it takes every Ed25519 key
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// ParseBuiltIn reads what GenerateKey made. Its ID follows from the key, so that two
// servers' keys have different ones. It fails with ErrKey.
func ParseBuiltIn(text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, fmt.Errorf("%w: not a PEM file", ErrKey)
	}
	k, err := edKey("", block.Bytes)
	if err != nil {
		return Key{}, err
	}
	if !k.CanSign() {
		return Key{}, fmt.Errorf("%w: the private half is missing", ErrKey)
	}
	sum := sha256.Sum256(k.verify.(ed25519.PublicKey))
	k.id = "lightstick-" + hex.EncodeToString(sum[:4])
	return k, nil
}

// PublicPEM is the public half, for others to verify with; "" for HS256, which has none.
func (k Key) PublicPEM() string {
	if _, secret := k.verify.([]byte); secret {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(crypto.PublicKey(k.verify))
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
