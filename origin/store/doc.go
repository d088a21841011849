// Package store keeps finished segments on disk, so that memory need hold only
// the live edge. One goroutine writes for all streams: the media path never waits
// for a disk. When the disk fails or falls behind, segments stay in memory, which
// the packager bounds by the live window, and viewers notice nothing.
package store
