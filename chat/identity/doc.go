// Package identity says who somebody in the chat is.
//
// There are three ways in, and each ends in an [Identity]:
//
//   - a token, a JWT (RFC 7519) that the company's own site signs with a key that it
//     shares with this server (HS256) or publishes at a JWKS URL (EdDSA, ES256,
//     RS256): [Authority.Token];
//   - a token of a built-in account, which POST /chat/session gives for a name and a
//     password ([Session]) and which Authority.Token takes as well;
//   - nothing: a guest, who is known again by a ticket that they keep:
//     [Authority.Guest].
//
// The key decides the algorithm, never the token. Errors wrap [ErrToken], [ErrExpired]
// or [ErrUnavailable], are fit to be shown and never hold any of the token.
//
// Guests' tickets and accounts' tokens are signed with keys that are derived (HKDF,
// RFC 5869) from one master key: chat.token_key, or 32 bytes in the data directory
// ([LoadKey]). Processes that share the master key know each other's guests and
// sessions; nothing else has to be shared for that.
//
// [Names] keeps guests from taking a name that looks like somebody else's. [Accounts]
// hashes passwords (Argon2id, RFC 9106) and keeps accounts in a [Store].
package identity
