//go:build !race

package record

const raceFactor = 1
