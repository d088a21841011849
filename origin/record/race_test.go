//go:build race

package record

// raceFactor is how much slower the race detector may make things.
const raceFactor = 10
