// Package recording keeps what streams produce: segments on disk as they close, a
// journal from which a stream goes on after a restart, and the recordings that
// broadcasts become when they end.
//
// A [Library] is everything below one directory. Its [BroadcastRecorder] is told by the
// packager what is final, and queues writes. Library.Run does the writes, in one goroutine
// for all streams; recordings, thumbnails and MP4s are made beside it. What is written goes
// to [Replica] storages, too, and is read back from a [Remote] when it has left the disk.
//
// Every broadcast has a journal, a line of JSON for all that is final. A recording is a
// directory with such a journal, a description and playlists; its media stay where the
// stream had them. A clip is a recording whose media are another's.
//
// Times are program date times, lengths time.Duration or media.Ticks. Keys are paths with
// slashes below the directory, and the same in all storages (docs/storage.md).
package recording
