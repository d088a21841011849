package mpegts

import (
	"bytes"
	"io"
	"time"
)

// Sizes of a transport stream (ISO/IEC 13818-1 §2.4.3.2).
const (
	packetSize = 188
	syncByte   = 0x47
	// readSize holds some datagrams of SRT, of 1,456 bytes at most, and what is left of
	// the one before.
	readSize = 8 << 10
	// maxEmptyReads is how often a reader may give nothing without an error.
	maxEmptyReads = 100
)

// strides are the distances of packets: alone, behind a time stamp of four bytes (BDAV),
// before a Reed-Solomon code of sixteen (DVB, ETSI EN 300 429 §4.4).
var strides = [...]int{packetSize, packetSize + 4, packetSize + 16}

// packetReader cuts a stream of bytes into transport packets, wherever it was cut before.
// It finds the packets again behind bytes that belong to none.
type packetReader struct {
	r       io.Reader
	now     func() time.Time
	arrival time.Time // of the newest bytes
	total   int64     // bytes read so far

	buf    []byte
	begin  int // of what has not been cut, in buf
	end    int // likewise
	stride int // distance of the packets; 0: unknown
	skip   int // bytes before the next packet
	empty  int // reads in sequence that gave nothing
	resync int // how often bytes were left out that belong to no packet
}

func newPacketReader(r io.Reader, now func() time.Time) *packetReader {
	return &packetReader{r: r, now: now, buf: make([]byte, readSize)}
}

// readMore reads more bytes. The packets cut before are not valid any more.
func (p *packetReader) readMore() error {
	left := copy(p.buf, p.buf[p.begin:p.end])
	n, err := p.r.Read(p.buf[left:])
	p.begin, p.end = 0, left+n
	if n > 0 {
		p.total += int64(n)
		p.arrival, p.empty = p.now(), 0
		return nil
	}
	if p.empty++; err == nil && p.empty >= maxEmptyReads {
		return io.ErrNoProgress
	}
	return err
}

// cut gives the next packet, or reports false when more bytes are needed.
func (p *packetReader) cut() ([]byte, bool) {
	for {
		n := min(p.skip, p.end-p.begin)
		p.begin, p.skip = p.begin+n, p.skip-n
		switch {
		case p.stride == 0 && !p.synchronise():
			return nil, false
		case p.begin == p.end:
			return nil, false
		case p.buf[p.begin] != syncByte:
			p.stride = 0
			p.resync++
			continue
		case p.end-p.begin < packetSize:
			return nil, false
		}
		packet := p.buf[p.begin : p.begin+packetSize]
		p.begin, p.skip = p.begin+packetSize, p.stride-packetSize
		return packet, true
	}
}

// synchronise drops what comes before two sync bytes that have one of the strides
// between them. A wrong guess ends with the next byte that is no sync byte.
func (p *packetReader) synchronise() bool {
	for p.begin < p.end {
		data := p.buf[p.begin:p.end]
		next := bytes.IndexByte(data, syncByte)
		if next < 0 {
			p.begin = p.end
			return false
		}
		data = data[next:]
		p.begin += next
		for _, stride := range strides {
			if stride >= len(data) {
				return false // perhaps the next bytes tell
			}
			if data[stride] == syncByte {
				p.stride = stride
				return true
			}
		}
		p.begin++
	}
	return false
}
