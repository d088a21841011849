package token

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
)

// Leeway is how far the clocks of whoever signs and of this server may differ.
const Leeway = 5 * time.Second

// Verifier turns tokens into tickets. A signature is checked once for each token: what
// was good is remembered, by the token's hash.
type Verifier struct {
	keys   *Keys
	parser *jwt.Parser

	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]*Verified
}

// cacheSize is how many tickets a generation of the cache holds; there are two. A
// ticket takes about 500 bytes.
const cacheSize = 32 << 10

// NewVerifier makes a verifier for tokens of the keys.
func NewVerifier(keys *Keys) *Verifier {
	return &Verifier{
		keys: keys,
		// Times are checked with each use, so not here.
		parser: jwtkeys.NewParser(jwtkeys.EdDSA, jwtkeys.ES256, jwtkeys.HS256),
		young:  make(map[[sha256.Size]byte]*Verified),
	}
}

// Verify reads a token whose signature is good, whatever its times say. It fails with a
// Refusal: Missing or Signature. Bad tokens are not remembered, so that a flood of them
// can't push out the good ones.
func (v *Verifier) Verify(text string) (*Verified, error) {
	if text == "" {
		return nil, Missing
	}
	if !plausible(text) {
		return nil, Signature
	}
	var b [MaxSize]byte // saves an allocation
	hash := sha256.Sum256(b[:copy(b[:], text)])
	v.mu.RLock()
	t, fresh := v.young[hash]
	if !fresh {
		t = v.old[hash]
	}
	v.mu.RUnlock()
	if fresh {
		return t, nil
	}
	if t == nil {
		var c Claims
		if _, err := v.parser.ParseWithClaims(text, &c, v.key); err != nil {
			return nil, Signature // what exactly is wrong helps only forgers
		}
		var err error
		if t, err = newTicket(c, hash); err != nil {
			return nil, Signature
		}
	}
	v.remember(hash, t)
	return t, nil
}

// remember puts a ticket into the young generation, which takes the old one's place when
// it is full.
func (v *Verifier) remember(hash [sha256.Size]byte, t *Verified) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.young) >= cacheSize {
		v.young, v.old = make(map[[sha256.Size]byte]*Verified), v.young
	}
	v.young[hash] = t
}

var errHeader = errors.New("header")

// key finds the key that a token's header names, if the header is one that we would
// have written.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	key, ok := v.keys.byID[id]
	if !ok || key.Algorithm() != t.Method.Alg() {
		return nil, errHeader
	}
	if jwtkeys.Critical(t) {
		return nil, errHeader
	}
	// Tokens that say to be for something else (RFC 8725 §3.11) are refused.
	if typ, present := t.Header["typ"]; present {
		s, _ := typ.(string)
		if !strings.EqualFold(s, "JWT") && !strings.EqualFold(s, "playback+jwt") {
			return nil, errHeader
		}
	}
	return key.verify, nil
}

// plausible reports whether a text has the form of a token: three parts of base64url.
func plausible(text string) bool {
	if len(text) > MaxSize {
		return false
	}
	dots := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '.':
			dots++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return dots == 2
}
