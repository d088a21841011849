package packager

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// Document is a playlist as it goes out. It is put together and compressed once,
// by whoever asks first; its methods may be called by any number of goroutines.
type Document struct {
	compose func() []piece

	composed   sync.Once
	pieces     []piece
	plain      []byte
	compressed sync.Once
	gzip       []byte
	tagged     sync.Once
	tags       [2][]string // of the plain text, and of the compressed one
}

// NewDocument makes a document of a text, which must not change any more.
func NewDocument(text []byte) *Document {
	return &Document{compose: func() []piece { return []piece{{text: text}} }}
}

// piece is a stretch of a document that may be shared by many documents.
type piece struct {
	text  []byte
	block *blockText // not nil: text is the block's, and so is the compressed form
}

// Plain is the text in UTF-8.
func (d *Document) Plain() []byte {
	d.composed.Do(func() {
		d.pieces = d.compose()
		d.compose = nil
		if len(d.pieces) == 1 {
			d.plain = d.pieces[0].text
			return
		}
		size := 0
		for _, p := range d.pieces {
			size += len(p.text)
		}
		d.plain = make([]byte, 0, size)
		for _, p := range d.pieces {
			d.plain = append(d.plain, p.text...)
		}
	})
	return d.plain
}

// Open gives a reader of the text.
func (d *Document) Open() io.ReadSeekCloser { return nopCloser{bytes.NewReader(d.Plain())} }

// Gzip is the text in gzip format (RFC 1952).
func (d *Document) Gzip() []byte {
	d.compressed.Do(func() {
		plain := d.Plain()
		d.gzip = gzipPieces(d.pieces, plain)
		d.pieces = nil
	})
	return d.gzip
}

// EntityTag is the text's ETag, as it is or in gzip format, as a value of an
// http.Header. It is the same on all servers that have the same text.
func (d *Document) EntityTag(gzip bool) []string {
	d.tagged.Do(func() {
		d.tags = [2][]string{httpcache.EntityTag(d.Plain(), ""), httpcache.EntityTag(d.Plain(), "-gzip")}
	})
	if gzip {
		return d.tags[1]
	}
	return d.tags[0]
}

// gzipHeader is that of a file without name and time, from any system.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

// lastBlock is an empty final DEFLATE block with fixed codes (RFC 1951 §3.2.3).
var lastBlock = []byte{0x03, 0x00}

// gzipPieces makes one gzip file of pieces. Each piece ends on a byte boundary
// and refers to nothing before it, so that those compressed already are copied.
func gzipPieces(pieces []piece, plain []byte) []byte {
	out := append(make([]byte, 0, 1024+len(plain)/8), gzipHeader...)
	for _, p := range pieces {
		if p.block != nil {
			out = append(out, p.block.deflated()...)
		} else {
			out = appendDeflated(out, p.text)
		}
	}
	out = append(out, lastBlock...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(plain))
	return binary.LittleEndian.AppendUint32(out, uint32(len(plain)))
}

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // fails for unknown levels only
	return w
}}

// appendDeflated compresses a text to DEFLATE blocks, none of them final, that
// end on a byte boundary.
func appendDeflated(out, text []byte) []byte {
	buf := bytes.NewBuffer(out)
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(buf)
	// Writing to a bytes.Buffer does not fail.
	_, _ = w.Write(text)
	_ = w.Flush()
	return buf.Bytes()
}
