package token

import (
	"fmt"
	"maps"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// Keys are the keys that tokens may be signed with, by ID, and the one that we sign with.
type Keys struct {
	byID   map[string]Key
	signer Key // without a private half: there is none
}

// NewKeys gathers keys. The signer is one of them too; the zero Key: nothing is signed.
func NewKeys(signer Key, others ...Key) (*Keys, error) {
	k := &Keys{byID: make(map[string]Key), signer: signer}
	if signer.method != nil {
		if !signer.CanSign() {
			return nil, fmt.Errorf("%w: %s can only verify", ErrKey, signer.id)
		}
		k.byID[signer.id] = signer
	}
	for _, key := range others {
		k.byID[key.id] = key
	}
	return k, nil
}

// All are the keys, in no order.
func (k *Keys) All() []Key {
	return slices.Collect(maps.Values(k.byID))
}

// Signer is the key that Sign uses.
func (k *Keys) Signer() Key { return k.signer }

// Sign makes a token. It fails with ErrClaims, or ErrKey when there is nothing to sign with.
func (k *Keys) Sign(c Claims) (string, error) {
	if k.signer.method == nil {
		return "", fmt.Errorf("%w: none to sign with", ErrKey)
	}
	if err := c.validate(); err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(k.signer.method, &c)
	t.Header["kid"] = k.signer.id
	text, err := t.SignedString(k.signer.sign)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	if len(text) > MaxSize {
		return "", fault("has %d bytes; at most %d fit a URL: name fewer streams, countries or referrers", len(text), MaxSize)
	}
	return text, nil
}
