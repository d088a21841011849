// Package cluster makes several chat processes one: what is published in a room on one
// of them reaches the clients of all, with one history. Package shared stands on it: what
// processes have to agree on (sanctions, rooms' settings, slow mode).
//
// [Open] sets a broker on a centrifuge node, and [Cluster.Run] connects it. Without
// addresses everything stays in the process, through the same calls.
//
// # Rooms
//
// For each channel that has subscribers here, or is held ([Cluster.Hold]), the process
// keeps a log: its last publications with their offsets in the stream that Redis keeps.
// History, recovery and position checks are answered from the log, so a storm of clients
// costs Redis nothing. Each publication is handed to the observer ([Handlers.Observe]) in the order
// in which clients get it.
//
// # Redis away
//
// A publication that Redis doesn't take in time breaks the link: from then on publications
// go into the logs of this process at once and to its own clients, with the next offsets.
// When Redis answers again each room is reconciled, by the rules of package reconcile:
// what others published meanwhile is appended to the log here, what was published here goes
// to Redis by its ID (once), and what Redis has lost is written back from the log. Both end
// at the same offset with the same publications, so connected clients notice nothing;
// docs/adr/0011 and docs/adr/0021 have what can't be had.
//
// # Alone
//
// Without Redis the process keeps its channels' history in memory, by the rules of
// centrifuge's own broker in memory, which wakes the process three times a second. What
// has expired is never returned. Its memory is freed when somebody asks for it, or at most
// a minute later by a timer, which runs only while there is something to expire.
//
// # Who does what
//
//	broker      what centrifuge publishes through and asks for history, with Redis
//	solo        the same without Redis, on a memory
//	link        the connection to one Redis: a circuit breaker, and the calls to it
//	rooms       the rooms that this process takes part in; each room has its log and locks
//	reconciler  brings logs and Redis together again after an outage
//	Cluster     joins them, and passes on what processes broadcast
//
// centrifuge_keys.go alone knows how centrifuge keeps a room in Redis.
//
// # Goroutines
//
// Run owns one for each shard (connecting, pings, reconciling its rooms); without Redis
// one that waits for the timer. Calls to Redis have a deadline; those that outlive it are
// let go, at most maxInFlight for each shard.
package cluster
