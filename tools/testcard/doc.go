// Package testcard draws a moving test picture with a clock, makes beeps, and
// publishes both by way of FFmpeg: the demo's stream, and the end-to-end tests'.
//
// The picture holds the time at which it was drawn twice: in digits for people,
// and as a row of black and white blocks for programs (see [Stamp]), which survives
// scaling and compression. Who reads the blocks from a player's picture learns how
// old it is.
package testcard
