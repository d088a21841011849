// Package ratelimit says how often somebody may do something, and when to try again.
//
// A [Rate] is a token bucket as the configuration writes it: "5/10s" is five at once
// and five more in every ten seconds. A [Limiter] holds a bucket for each user,
// connection, network address and room that a taker belongs to; all of them must have
// a token left, and one that hasn't leaves the others untouched.
//
// A bucket is one number, the time at which it is full again (the generic cell rate
// algorithm, ITU-T I.371 §A), so a full bucket needs no memory: idle ones are dropped.
// When there are more than Config.Max all the same, the one goes that is nearest to
// full, because it forgets the least; to be forgotten, a flooder would have to be idle.
//
// Time is always the caller's. Everything may be called concurrently, and nothing
// starts a goroutine. Buckets are this process's own: two processes allow a user twice
// the rate if they are connected to both.
package ratelimit
