package cmaf

import (
	"encoding/binary"

	"github.com/globalfandom/lightstick/media"
)

// Sample flags (ISO/IEC 14496-12 §8.8.3.1): a sync sample depends on no other; a
// non-sync sample depends on others.
const (
	flagsSync    = 0x02000000
	flagsNonSync = 0x01010000
)

// Fixed sizes in bytes of the boxes of a chunk.
const (
	boxHeader  = 8
	mfhdSize   = boxHeader + 8
	tfhdSize   = boxHeader + 8
	tfdtSize   = boxHeader + 12
	trunHeader = boxHeader + 12
	trunSample = 16 // duration, size, flags, composition time offset
	mdatHeader = boxHeader
	trafSize   = boxHeader + tfhdSize + tfdtSize + trunHeader
	moofSize   = boxHeader + mfhdSize + trafSize
)

// Chunk writes one CMAF chunk: a moof and an mdat with the samples, which must
// all have their Duration. sequence is the number for mfhd, which grows along a
// rendition. The result is one allocation of exactly the right size, and holds a
// copy of the payloads.
func Chunk(sequence uint32, samples []media.Sample) []byte {
	header := moofSize + len(samples)*trunSample
	size := header + mdatHeader + PayloadSize(samples)
	b := make([]byte, 0, size)
	b = appendMoof(b, sequence, samples, header)
	b = appendBox(b, uint32(size-header), "mdat")
	for _, s := range samples {
		b = append(b, s.Payload...)
	}
	return b
}

// PayloadSize is how many bytes samples take up in a chunk's mdat.
func PayloadSize(samples []media.Sample) int {
	size := 0
	for _, s := range samples {
		size += len(s.Payload)
	}
	return size
}

func appendMoof(b []byte, sequence uint32, samples []media.Sample, moof int) []byte {
	u32 := binary.BigEndian.AppendUint32
	trun := trunHeader + len(samples)*trunSample

	b = appendBox(b, uint32(moof), "moof")

	b = appendBox(b, mfhdSize, "mfhd")
	b = u32(b, 0) // version, flags
	b = u32(b, sequence)

	b = appendBox(b, uint32(boxHeader+tfhdSize+tfdtSize+trun), "traf")

	b = appendBox(b, tfhdSize, "tfhd")
	b = u32(b, 0x020000) // default-base-is-moof, as CMAF demands
	b = u32(b, TrackID)

	b = appendBox(b, tfdtSize, "tfdt")
	b = u32(b, 0x01000000) // version 1: 64-bit
	b = binary.BigEndian.AppendUint64(b, uint64(samples[0].DTS))

	b = appendBox(b, uint32(trun), "trun")
	// Version 1 (signed offsets) with data-offset, and for each sample its
	// duration, size, flags and composition time offset.
	b = u32(b, 0x01000f01)
	b = u32(b, uint32(len(samples)))
	b = u32(b, uint32(moof+mdatHeader))
	for _, s := range samples {
		b = u32(b, uint32(s.Duration))
		b = u32(b, uint32(len(s.Payload)))
		b = u32(b, sampleFlags(s))
		b = u32(b, uint32(int32(s.CompositionOffset)))
	}
	return b
}

func sampleFlags(s media.Sample) uint32 {
	if s.KeyFrame {
		return flagsSync
	}
	return flagsNonSync
}

func appendBox(b []byte, size uint32, kind string) []byte {
	return append(binary.BigEndian.AppendUint32(b, size), kind...)
}
