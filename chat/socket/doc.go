// Package socket carries the centrifuge protocol over WebSockets at the cost that a
// room of thousands needs: a delivery is one write of bytes that all its readers
// share.
//
// [Handler] upgrades requests and hands each connection to a centrifuge.Node as a
// centrifuge.Transport of its own. What it does differently from the library's:
//
//   - A frame is encoded once and found again by its content (frames): 10,000
//     readers of a room are written the same slice.
//   - A write never waits. What the kernel does not take at once is kept, up to a
//     bound, and written by a goroutine that lives as long as that takes (outbox);
//     a reader that stays behind is disconnected with code 3008. So the library's
//     timer-driven writers, which hold a lock while they write, can be used without
//     one slow reader stopping its room.
//   - A connection costs one goroutine, which waits in a shallow stack, and a buffer
//     of 512 bytes.
//   - Before the upgrade it is asked whether there is room: a rate of admissions with
//     a short queue, a limit per address. Who has to wait is told how long (503 or
//     429 with Retry-After), and the handshakes of a storm do not starve those who
//     are in.
//
// [Pacer] decides how long a room's messages are gathered, by the number of readers
// and the room's rate: not at all where it is quiet or small. [Configure] and [Tune]
// set the library's options accordingly; each message stays a publication of its own
// on the wire, several to a frame.
package socket
