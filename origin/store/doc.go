// Package store keeps finished segments: on disk, so that memory need hold only the
// live edge, and as objects, in a directory or in a bucket of S3, for recordings.
//
// A [Disk] writes a live window's segments with one goroutine for all streams: the
// media path never waits for a disk. When the disk fails or falls behind, segments
// stay in memory, which the packager bounds by the live window, and viewers notice
// nothing.
//
// A [Store] keeps objects by key: [Dir], [S3], or [Memory] for tests. Package
// storetest says what each of them does. A [Cache] stands between viewers and
// stores. Sizes are bytes.
package store
