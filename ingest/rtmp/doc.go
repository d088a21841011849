// Package rtmp takes in RTMP and RTMPS publishers (Adobe RTMP 1.0, Enhanced RTMP
// for HEVC): OBS, FFmpeg and their kin.
//
// A connection goes through three states: handshake, commands until an
// authorised publish, media. What it may make the server hold is bounded in each
// of them, by [chunkReader] for bytes and by [checkAMF] for structure; media
// before the publish ends the connection unread. One goroutine serves one
// connection, with a deadline on each read and write.
//
// Chunks and media tags are parsed here, for the bounds' sake; handshake, AMF0
// and the messages that we send are gortmplib's.
package rtmp
