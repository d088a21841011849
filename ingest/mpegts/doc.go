// Package mpegts feeds an ingest session from an MPEG-2 transport stream (ISO/IEC
// 13818-1): H.264 or HEVC, with AAC, Opus, AC-3, E-AC-3, MP3 or MP2, and the events
// beside them, SCTE-35 and ID3. It speaks no transport of its own: SRT, HTTP, UDP and HLS use it.
//
// [Demux] reads bytes wherever they were cut, and follows the tables for as long as the
// stream lasts:
//
//	bytes ─▶ packetReader ─▶ packet ─▶ filter of its PID (continuity counter)
//	  PAT, PMT   ─▶ sectionAssembler ─▶ parsePAT, parsePMT ─▶ programs: which one is taken
//	  video      ─▶ track: pesAssembler ─▶ videoDecoder ─▶ ingest.Session
//	  audio      ─▶ track: pesAssembler ─▶ wholePackets ─▶ decoder of the codec ─▶ ingest.Session
//	  SCTE-35    ─▶ sectionAssembler ─▶ events ─▶ ingest.Session
//	  ID3        ─▶ pesAssembler     ─▶ wholePackets ─▶ id3Decoder ─▶ ingest.Session
//
// A picture is written once on this way: videoDecoder gathers it from the packets in the form and
// in the memory that its sample keeps ([bitstream.PictureBuffer]).
//
// Of the program that is taken, the first video and the first audio stream are tracks that
// can be played. When a table changes, those that it still has go on as if nothing had
// happened; what is new starts with its first frame, and a picture that takes another one's
// place with a keyframe. What is damaged or can't be played costs its own unit, or its own
// track: it is counted as a repair, and the creator is told by an advice. Only when there
// is nothing to play at all does Demux end with a refusal.
//
// A connection keeps at most one picture of 16 MiB, in memory that grows by doubling; 128 KiB of
// sound; 16 KiB of tags; and a section of 4 KiB for each of at most 16 programs.
package mpegts
