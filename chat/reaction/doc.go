// Package reaction counts what a room does rather than says: taps on the
// lightstick, viewers, messages a second. What comes out is small and bounded
// whatever goes in: one [message.ReactionTick] a room every 200 ms.
//
// A [Counter] takes the taps of connections, within limits. The [Aggregator] takes its
// sums five times a second and hands each room's tick to a [Hub], which is the
// process's own viewers. [RoomStats] knows how much is written in a room; a [Sampler]
// decides, above a rate that nobody can read, which messages everybody gets.
//
// # Several processes
//
// Each process tells the others its partial sums ([Peers]), once a tick for all
// rooms together, and each adds what it heard to its own before it hands a tick to
// its own viewers. So every viewer gets one aggregate a tick and every tap once,
// with nobody elected, no lease to lose and nothing stored: a process that dies takes
// at most its last 200 ms of taps along, and while the bus between them is away each
// goes on with what its own viewers do. Electing one process a room would halve
// the messages between processes at most, and cost a pause of a lease at each
// failure; letting pages add partial ticks would make a viewer pay for the number of
// processes. The price is that a tap made elsewhere is shown up to one tick later, and
// that a process hears of rooms that it has no viewers of: 20 processes send each
// other 5 × 20 × 19 = 1,900 small messages a second.
package reaction
