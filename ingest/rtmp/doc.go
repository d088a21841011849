// Package rtmp takes in RTMP and RTMPS publishers (Adobe RTMP 1.0, Enhanced RTMP
// for HEVC): OBS, FFmpeg and their kin.
//
// A connection goes through three states: handshake, commands until an
// authorised publish, media. What it may make the server hold is bounded in each
// of them, by [chunkReader] for bytes and by [decodeAMF] for structure; media
// before the first publish end the connection unread. After FCUnpublish, closeStream or
// deleteStream the client may publish again. One goroutine serves one connection, with a
// deadline on each read and write.
//
// Encoders speak dialects. What SRS and nginx-rtmp take is taken, within the bounds:
// message headers in [chunkReader], commands in [parseCommand], keys in [streamKey],
// pictures and sound without a sequence header, in start codes or ADTS, in the demuxer.
// What is converted or left out is told to the creator, by advice or as a repair.
//
// Chunks, AMF0 and media tags are parsed here, for the bounds' sake; the handshake and the
// messages that we send are gortmplib's.
//
// [Client] plays a stream of another server, by the same reader and demuxer.
package rtmp
