// Package transcode makes the lower renditions of a stream's video with FFmpeg.
//
// A [Worker] owns one FFmpeg process for a stream. The source's samples go in by
// a pipe (FLV for H.264, fragmented MP4 for HEVC) and every rung of the [Ladder]
// comes out by one of its own (FLV), frame for frame: FFmpeg is told to keep
// timestamps and to set keyframes where the source has them, and each frame gets
// its source frame's exact timestamp back. So all renditions can be cut at the
// same media time.
//
// A worker that dies or hangs is started again, with growing pauses; the source's
// own rendition doesn't notice. Sound doesn't pass through here: it would delay
// each picture (see docs/dependencies.md, FFmpeg). Package sound has processes of
// its own for the few sources whose sound players can't play.
package transcode
