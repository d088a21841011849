package cmaf

import (
	"bytes"
	"encoding/binary"
	"time"

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
	trafHeader = boxHeader + tfhdSize + tfdtSize + trunHeader
	moofHeader = boxHeader + mfhdSize
	prftSize   = boxHeader + 24
)

// Chunk is what becomes one moof and one mdat, with the boxes that go before them.
type Chunk struct {
	Sequence uint32 // for mfhd; it grows along a rendition
	// Runs are the samples of each track, in the order of [Init]; all samples must
	// have their Duration. A run may be empty if not all are.
	Runs [][]media.Sample
	// Producer is when the first sample of the first run was taken in, for prft; zero
	// leaves the box out.
	Producer time.Time
	// ID3 are timed metadata, for emsg.
	ID3 []ID3
}

// Marshal writes the chunk, which holds a copy of the payloads. The result is one
// allocation of exactly the right size.
func (c Chunk) Marshal() []byte {
	// Joining needs no memory that was cleared before: half the time of a large chunk.
	var scratch [1024]byte
	var parts [32][]byte
	joined := append(parts[:0], c.appendHeader(scratch[:0]))
	for _, run := range c.Runs {
		for _, s := range run {
			joined = append(joined, s.Payload)
		}
	}
	return bytes.Join(joined, nil)
}

// appendHeader writes everything that stands before the payloads.
func (c Chunk) appendHeader(b []byte) []byte {
	moof, payload := moofHeader, 0
	for _, run := range c.Runs {
		if len(run) > 0 {
			moof += trafHeader + len(run)*trunSample
			payload += PayloadSize(run)
		}
	}
	if !c.Producer.IsZero() && len(c.Runs[0]) > 0 {
		b = appendProducerTime(b, c.Producer, c.Runs[0][0].DTS)
	}
	for _, tag := range c.ID3 {
		b = tag.append(b)
	}
	b = c.appendMoof(b, moof)
	return appendBox(b, uint32(mdatHeader+payload), "mdat")
}

// PayloadSize is how many bytes samples take up in a chunk's mdat.
func PayloadSize(samples []media.Sample) int {
	size := 0
	for _, s := range samples {
		size += len(s.Payload)
	}
	return size
}

func (c Chunk) appendMoof(b []byte, size int) []byte {
	u32 := binary.BigEndian.AppendUint32
	b = appendBox(b, uint32(size), "moof")
	b = appendBox(b, mfhdSize, "mfhd")
	b = u32(b, 0) // version, flags
	b = u32(b, c.Sequence)
	offset := size + mdatHeader
	for i, run := range c.Runs {
		if len(run) > 0 {
			b = appendTraf(b, uint32(firstTrackID+i), run, offset)
			offset += PayloadSize(run)
		}
	}
	return b
}

// appendTraf writes the track fragment of a run whose payloads begin offset bytes
// after the moof box does.
func appendTraf(b []byte, trackID uint32, samples []media.Sample, offset int) []byte {
	u32 := binary.BigEndian.AppendUint32
	trun := trunHeader + len(samples)*trunSample

	b = appendBox(b, uint32(boxHeader+tfhdSize+tfdtSize+trun), "traf")

	b = appendBox(b, tfhdSize, "tfhd")
	b = u32(b, 0x020000) // default-base-is-moof, as CMAF demands
	b = u32(b, trackID)

	b = appendBox(b, tfdtSize, "tfdt")
	b = u32(b, 0x01000000) // version 1: 64-bit
	b = binary.BigEndian.AppendUint64(b, uint64(samples[0].DTS))

	b = appendBox(b, uint32(trun), "trun")
	// Version 1 (signed offsets) with data-offset, and for each sample its
	// duration, size, flags and composition time offset.
	b = u32(b, 0x01000f01)
	b = u32(b, uint32(len(samples)))
	b = u32(b, uint32(offset))
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
