// Package thumbnail makes pictures of recordings with FFmpeg: thumbnails in sheets for a
// player's seek bar, with the WebVTT that says which shows when, and posters.
//
// What goes in are coded keyframes with the initialization sections that they belong
// to; [Thumbnails] and [Poster] decode them, one FFmpeg for all that share a section.
// Frames and pictures flow through pipes, a few at a time: what is kept is one small
// JPEG a thumbnail. FFmpeg reads nothing but its pipe.
//
// Frames are numbered on their way in, one second of media time each, and the numbers
// come back as timestamps. So a frame that can't be decoded is missing and moves no
// other. HDR is mapped to SDR where FFmpeg has zscale. Times are positions in the
// recording, as time.Duration.
package thumbnail
