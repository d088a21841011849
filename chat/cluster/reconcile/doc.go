// Package reconcile has the rules by which the log that a process keeps of a room and the
// history that Redis keeps of it become the same again, whatever happened to either.
//
// What goes in: publications of this process ([Log.AddLocal], [Log.AwaitReturn]), what
// Redis sends ([Log.Receive]), and Redis's history when it can be read ([Log.Step]). What
// comes out: what subscribers get, in order, and what has to be written to Redis.
//
// Offsets have no gaps. Up to a log's base they are Redis's; above it, and only while the
// process is isolated, they are the process's own. Clients know an epoch and an offset,
// nothing else: docs/adr/0011 has why, and docs/adr/0021 what can go wrong.
//
// Nothing here waits, locks, reads a clock or does I/O. A Log is used by one goroutine at
// a time; its owner has the lock.
package reconcile
