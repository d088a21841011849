package check

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Builders of boxes, by the letter of ISO/IEC 14496-12.

func mp4Box(kind string, body ...[]byte) []byte {
	content := bytes.Join(body, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, kind...), content...)
}

// words are big-endian numbers of 32 bits.
func words(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

const testScale = 1000 // of all tracks: milliseconds

// trak builds a track of an initialization section.
func trak(id uint32, handler, entry string) []byte {
	visual := append(make([]byte, 24), 0, 64, 0, 36) // a picture of 64x36
	return mp4Box("trak",
		mp4Box("tkhd", words(7, 0, 0, id, 0, 0)),
		mp4Box("mdia",
			mp4Box("mdhd", words(0, 0, 0, testScale, 0)),
			mp4Box("hdlr", words(0, 0), []byte(handler), make([]byte, 13)),
			mp4Box("minf", mp4Box("stbl", mp4Box("stsd", words(0, 1), mp4Box(entry, visual, make([]byte, 60)))))))
}

func trex(id uint32) []byte { return mp4Box("trex", words(0, id, 1, 0, 0, 0)) }

var (
	testFtyp  = mp4Box("ftyp", []byte("cmfc"), words(0))
	videoInit = append(slices.Clone(testFtyp), mp4Box("moov", trak(1, "vide", "avc1"), mp4Box("mvex", trex(1)))...)
	audioInit = append(slices.Clone(testFtyp), mp4Box("moov", trak(1, "soun", "mp4a"), mp4Box("mvex", trex(1)))...)
	muxedInit = append(slices.Clone(testFtyp), mp4Box("moov", trak(1, "vide", "avc1"), trak(2, "soun", "mp4a"), mp4Box("mvex", trex(1), trex(2)))...)
)

// testRun is a track's samples of one fragment.
type testRun struct {
	track    uint32
	time     uint32 // tfdt
	samples  int
	duration uint32 // of each
	keyframe bool   // the first is a sync sample, the others are not
	audio    bool   // all are sync samples
}

const testSize = 4 // bytes of a sample

func (r testRun) traf() []byte {
	first := uint32(nonSync)
	if r.keyframe || r.audio {
		first = 0
	}
	run := words(0x704, uint32(r.samples), first)
	for range r.samples {
		flags := uint32(nonSync)
		if r.audio {
			flags = 0
		}
		run = append(run, words(r.duration, testSize, flags)...)
	}
	return mp4Box("traf", mp4Box("tfhd", words(0x02_0000, r.track)), mp4Box("tfdt", words(0, r.time)), mp4Box("trun", run))
}

// testFragment builds moof and mdat.
func testFragment(sequence uint32, runs ...testRun) []byte {
	moof := mp4Box("mfhd", words(0, sequence))
	size := 0
	for _, r := range runs {
		moof = append(moof, r.traf()...)
		size += r.samples * testSize
	}
	return append(mp4Box("moof", moof), mp4Box("mdat", make([]byte, size))...)
}

// videoPart is part n of a segment of two seconds and four parts.
func videoPart(msn int64, n int) []byte {
	return testFragment(uint32(msn)*4+uint32(n), testRun{track: 1, time: uint32(msn)*2000 + uint32(n)*500, samples: 10, duration: 50, keyframe: n == 0})
}

// videoSegment is a segment with its parts, as usual lists them.
func videoSegment(msn int64) segmentMedia {
	init, _ := parseInit(videoInit)
	m := segmentMedia{Init: init, Independent: true}
	m.Segment = *parse(window{msn, msn + 1, 1, false}.text()).find(msn)
	for n := range 4 {
		m.Parts = append(m.Parts, videoPart(msn, n))
	}
	m.Whole = bytes.Join(m.Parts, nil)
	return m
}
