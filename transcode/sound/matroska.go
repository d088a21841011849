package sound

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/globalfandom/lightstick/media"
)

// IDs of Matroska elements (RFC 9559 §5.1).
const (
	idEBML         = 0x1a45dfa3
	idDocType      = 0x4282
	idSegment      = 0x18538067
	idTracks       = 0x1654ae6b
	idTrackEntry   = 0xae
	idTrackNumber  = 0xd7
	idTrackUID     = 0x73c5
	idTrackType    = 0x83
	idCodecID      = 0x86
	idCodecPrivate = 0x63a2
	idAudio        = 0xe1
	idSampleRate   = 0xb5
	idChannels     = 0x9f
	idCluster      = 0x1f43b675
	idTimestamp    = 0xe7
	idSimpleBlock  = 0xa3
)

// matroskaHeader is all that comes before the first sample of a source.
func matroskaHeader(source media.Track) []byte {
	const audio, unknownSize = 2, 0xff
	rate := binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(source.Timescale)))
	entry := element(idTrackEntry, number(idTrackNumber, 1), number(idTrackUID, 1), number(idTrackType, audio),
		element(idCodecID, []byte("A_MS/ACM")), element(idCodecPrivate, waveFormat(source)),
		element(idAudio, element(idSampleRate, rate), number(idChannels, uint64(source.Channels))))
	header := element(idEBML, element(idDocType, []byte("matroska")))
	header = append(appendID(header, idSegment), unknownSize)
	return append(header, element(idTracks, entry)...)
}

// waveFormat is the WAVEFORMATEX structure, without anything after it.
func waveFormat(source media.Track) []byte {
	f := formats[source.Codec]
	align := uint16(source.Channels) * f.sampleBits / 8
	b := binary.LittleEndian.AppendUint16(nil, f.tag)
	b = binary.LittleEndian.AppendUint16(b, uint16(source.Channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(source.Timescale))
	b = binary.LittleEndian.AppendUint32(b, uint32(source.Timescale)*uint32(align))
	b = binary.LittleEndian.AppendUint16(b, max(align, 1))
	b = binary.LittleEndian.AppendUint16(b, f.sampleBits)
	return binary.LittleEndian.AppendUint16(b, 0)
}

// writeSample writes a sample that begins so many milliseconds after the first, in a
// cluster of its own.
func writeSample(w io.Writer, at uint64, payload []byte) error {
	const track, keyFrame = 0x81, 0x80
	block := append([]byte{track, 0, 0, keyFrame}, payload...)
	_, err := w.Write(element(idCluster, number(idTimestamp, at), element(idSimpleBlock, block)))
	return err
}

// element is an element with its size in eight bytes (RFC 8794 §5, §6).
func element(id uint32, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b := appendID(make([]byte, 0, 12+size), id)
	b = binary.BigEndian.AppendUint64(b, 1<<56|uint64(size))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func number(id uint32, n uint64) []byte {
	return element(id, binary.BigEndian.AppendUint64(nil, n))
}

func appendID(b []byte, id uint32) []byte {
	var all [4]byte
	binary.BigEndian.PutUint32(all[:], id)
	first := 0
	for all[first] == 0 {
		first++
	}
	return append(b, all[first:]...)
}
