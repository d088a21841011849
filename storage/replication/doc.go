// Package replication copies what streams record to other storages, so that a bucket by
// itself is a playable HLS stream: initialization sections first, then segments, then
// the playlists that list them.
//
// A [BucketReplica] is one storage, with queues of its own. A writer copies one broadcast: it
// takes up to a batch of segments at a time, in order, retries each until it is there,
// lists it in playlists of its own that follow the live ones at a distance, and
// writes the newest version of those. What waits is on the library's disk, up to a
// bound; then the oldest is given up and listed as a gap. A writer that is resumed asks
// the storage what it has: there is no other book-keeping.
package replication
