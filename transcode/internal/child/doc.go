// Package child runs FFmpeg for one job that has an end: bytes go in by pipes, bytes
// come out by its standard output, and it is killed when it makes no progress. A job
// owns its process and goroutines: when Run returns, all have ended.
package child
