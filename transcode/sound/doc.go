// Package sound makes AAC of sound that players of HLS can't play: MPEG audio Layers I and
// II, G.711, G.722 and linear PCM.
//
// A [Converter] owns one FFmpeg process for a publication. The source's samples go in by a
// pipe, as Matroska with one block a sample, which FFmpeg decodes without waiting for the
// next; frames of AAC-LC come out by another (ADTS). Neither decoder nor resampler adds or
// leaves out a sample, and the encoder puts one frame before the first: so the time of a
// frame follows from the count of samples, and gaps of the source stay where they are.
package sound
