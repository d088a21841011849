// Package media defines the values that all packages exchange: StreamID, Codec, Track,
// Sample, Event, Ticks and Clock. They are plain values without I/O, and the package
// imports nothing else of Lightstick.
//
// Time has three forms that must not be mixed up:
//
//   - [Ticks] count a [Timescale]: media time, exact, never a float;
//   - [time.Duration] is a length of wall-clock or media time;
//   - [time.Time] is an instant of wall-clock time. A [Clock] relates media
//     time to it, once per publication.
//
// Sample payloads have one canonical form wherever they travel: H.264 and HEVC
// as NAL units with 4-byte length prefixes and without parameter sets (ISO/IEC
// 14496-15 §5.3); AV1 as a temporal unit of OBUs that all have their size field,
// without temporal delimiters, tile lists and padding, key frames with their
// sequence header (AV1-ISOBMFF §2.4); AAC as a raw access unit without ADTS header,
// Opus as one packet (RFC 6716), AC-3, MP3 and MP2 as a frame from sync word on, E-AC-3 as
// the frames of all substreams for six audio blocks (ETSI TS 102 366 §F.6); G.711 and G.722
// as any number of their bytes, PCM as signed 16-bit little-endian numbers, both with the
// channels interleaved.
package media
