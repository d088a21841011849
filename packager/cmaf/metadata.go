package cmaf

import (
	"encoding/binary"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// ntpEpoch is how many seconds the NTP era began before Unix time (RFC 5905 §6).
const ntpEpoch = 2_208_988_800

// producerIsEncoder says that the time is that of the encoder's output (ISO/IEC
// 14496-12 §8.16.5): it is when ingest took the picture.
const producerIsEncoder = 1

// appendProducerTime writes a ProducerReferenceTimeBox: at that instant the track's
// media time was dts.
func appendProducerTime(b []byte, t time.Time, dts media.Ticks) []byte {
	b = appendBox(b, prftSize, "prft")
	b = binary.BigEndian.AppendUint32(b, 1<<24|producerIsEncoder)
	b = binary.BigEndian.AppendUint32(b, firstTrackID)
	b = binary.BigEndian.AppendUint32(b, uint32(t.Unix()+ntpEpoch))
	b = binary.BigEndian.AppendUint32(b, uint32(uint64(t.Nanosecond())<<32/uint64(time.Second)))
	return binary.BigEndian.AppendUint64(b, uint64(dts))
}

// ID3 is a tag of timed metadata (Apple, "Timed Metadata for HTTP Live Streaming").
type ID3 struct {
	Time media.Ticks // presentation time, at 90 kHz
	ID   uint32      // tells messages of a stream apart
	Tag  []byte
}

// id3Scheme is what says that an event message holds an ID3 tag (AOM, "Carriage of
// ID3 Timed Metadata in CMAF" §3), and an empty value after it.
const id3Scheme = "https://aomedia.org/emsg/ID3\x00\x00"

func (t ID3) size() int { return boxHeader + 24 + len(id3Scheme) + len(t.Tag) }

// append writes an EventMessageBox of version 1 (ISO/IEC 23009-1 §5.10.3.3), which
// counts on the track's timeline.
func (t ID3) append(b []byte) []byte {
	const unknownDuration = 0xffffffff
	b = appendBox(b, uint32(t.size()), "emsg")
	b = binary.BigEndian.AppendUint32(b, 1<<24)
	b = binary.BigEndian.AppendUint32(b, uint32(media.VideoTimescale))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Time))
	b = binary.BigEndian.AppendUint32(b, unknownDuration)
	b = binary.BigEndian.AppendUint32(b, t.ID)
	return append(append(b, id3Scheme...), t.Tag...)
}
