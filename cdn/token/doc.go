// Package token makes and verifies playback tokens: signed statements that whoever
// holds them may watch a stream, for a time and under conditions.
//
// A token is a JWT (RFC 7519) in compact form, signed with EdDSA (Ed25519), ES256 or
// HS256. Its header names the key ("kid"), and each key has one algorithm: what a
// header says of the algorithm is compared with that and decides nothing. [Keys] hold
// the keys and sign, a [Verifier] turns text into a [Verified] token, which says whether
// a [Viewer] may have a [Target]. Every no is a [Refusal].
//
// Times are those of the claims: Unix seconds. Nothing here does I/O but reading key
// files; a Verifier may be used concurrently, a Verified is never changed.
package token
