// Package silence makes coded silence: an access unit that fits into a track, whatever the
// units before and after it are.
//
// It replaces audio that a source leaves out, so that players go on with the same decoder
// and the same initialization section. The units are made by the codecs' specifications,
// not by an encoder.
package silence
