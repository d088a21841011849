package mpegts

import (
	"bytes"
	"encoding/binary"

	"github.com/globalfandom/lightstick/media"
)

// Numbers of tables, streams and descriptors (ISO/IEC 13818-1 Tables 2-31 and 2-34,
// ANSI/SCTE 35 §8.1).
const (
	tablePAT      = 0x00
	tablePMT      = 0x02
	streamLowMPEG = 0x04 // MPEG-2 audio at half the sample rates
	streamPrivate = 0x06
	streamID3     = 0x15 // metadata in PES packets
	streamSCTE35  = 0x86
	identifierID3 = "ID3 "

	// Descriptors by which DVB marks private streams (ETSI EN 300 468 Annex D).
	descriptorAC3  = 0x6a
	descriptorEAC3 = 0x7a
)

// Bounds of what is watched and remembered.
const (
	maxPrograms = 2
	maxWatched  = 3
	maxStreams  = 16
)

// pat watches the programs' tables (§2.4.4.3).
func (t *tap) pat(section []byte) {
	named := make(map[uint16]bool)
	for b := section[8 : len(section)-4]; len(b) >= 4 && len(named) < maxPrograms; b = b[4:] {
		if binary.BigEndian.Uint16(b) != 0 { // else the network's
			named[binary.BigEndian.Uint16(b[2:])&0x1fff] = true
		}
	}
	for pid, w := range t.pids {
		if w.purpose != forPAT && !named[pid] && !named[w.program] {
			delete(t.pids, pid)
		}
	}
	for pid := range named {
		t.watch(pid, forPMT, pid)
	}
}

// pmt watches the streams that carry events (§2.4.4.8).
func (t *tap) pmt(pid uint16, section []byte) {
	if len(section) < 16 {
		return
	}
	streams := make(map[uint16]purpose)
	skip := int(binary.BigEndian.Uint16(section[10:]) & 0xfff)
	b := section[12 : len(section)-4]
	for b = b[min(skip, len(b)):]; len(b) >= 5; {
		stream := binary.BigEndian.Uint16(b[1:]) & 0x1fff
		info := b[5:min(5+int(binary.BigEndian.Uint16(b[3:])&0xfff), len(b))]
		switch {
		case b[0] == streamSCTE35:
			streams[stream] = forSCTE35
		case b[0] == streamLowMPEG:
			t.hear(stream, media.MP3)
		case b[0] == streamPrivate && hasDescriptor(info, descriptorAC3):
			t.hear(stream, media.AC3)
		case b[0] == streamPrivate && hasDescriptor(info, descriptorEAC3):
			t.hear(stream, media.EAC3)
		case b[0] == streamID3 && bytes.Contains(info, []byte(identifierID3)):
			streams[stream] = forID3
		}
		b = b[5+len(info):]
	}
	for old, w := range t.pids {
		if w.program == pid && w.purpose > forPMT && streams[old] != w.purpose {
			delete(t.pids, old)
		}
	}
	for stream, purpose := range streams {
		t.watch(stream, purpose, pid)
	}
}

func (t *tap) hear(pid uint16, codec media.Codec) {
	if t.audio == nil {
		t.audio = make(map[uint16]media.Codec)
	}
	if len(t.audio) < maxStreams {
		t.audio[pid] = codec
	}
}

// hasDescriptor reports whether one of the descriptors has the tag.
func hasDescriptor(b []byte, tag byte) bool {
	for len(b) >= 2 {
		if b[0] == tag {
			return true
		}
		b = b[min(2+int(b[1]), len(b)):]
	}
	return false
}

func (t *tap) watch(pid uint16, p purpose, program uint16) {
	if t.pids[pid] == nil && len(t.pids) <= maxPrograms+maxWatched {
		t.pids[pid] = &pidTap{purpose: p, program: program}
	}
}
