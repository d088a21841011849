// Package socket carries the centrifuge protocol over WebSockets at the cost that a
// room of thousands needs: a delivery is one write of bytes that all its readers
// share.
//
// [Handler] upgrades requests and hands each connection to a centrifuge.Node as a
// centrifuge.Transport of its own:
//
//   - A write never waits. What the kernel does not take at once is kept, up to a
//     bound, and written by a goroutine that lives as long as that takes (outbox); a
//     reader that stays behind is disconnected with code 3008.
//   - A connection costs one goroutine, which waits in a shallow stack, and a buffer
//     of 512 bytes.
//   - Before the upgrade it is asked whether there is room: a rate of admissions with
//     a short queue, a limit per address. Who has to wait is told how long (503 or
//     429 with Retry-After).
//
// [Fanout] brings publications to the subscribers in place of the node's hub: encoded
// and framed once for a room, written by one goroutine to connection after connection,
// several messages to a frame where a room is busy (pace). Each stays a publication of
// its own on the wire, and recovery works as ever.
//
// [Tune] sets the library's options that this depends on.
package socket
