// Package bitstream reads just enough of coded pictures and audio frames to
// describe them: parameter sets become a [media.Track], access units get the
// canonical payload form of package media.
//
// All of it takes bytes from the network. It never panics, allocates no more
// than the input's size, and answers what it can't use with an error.
package bitstream
