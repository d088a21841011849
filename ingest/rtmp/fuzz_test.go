package rtmp

import (
	"bufio"
	"bytes"
	"testing"
)

func testReader(b []byte) *chunkReader {
	c := newChunkReader(bufio.NewReader(bytes.NewReader(b)))
	c.mediaAllowed = true
	return c
}

// FuzzConnection feeds a whole connection, from the first byte on.
func FuzzConnection(f *testing.F) {
	b := capture(f)
	f.Add(b[:6000])
	f.Add(b[:40_000])
	f.Fuzz(func(_ *testing.T, b []byte) { _, _, _ = serveBytes(b) })
}

// FuzzAfterPublish feeds the bytes that follow an accepted publish.
func FuzzAfterPublish(f *testing.F) {
	b := capture(f)
	at := bytes.Index(b, []byte("@setDataFrame"))
	if at < 0 {
		f.Fatal("no metadata in the capture")
	}
	prefix := b[: at-15 : at-15] // the message's header: 12 bytes, and the string's: 3
	f.Add(b[at-15 : at+4000])
	f.Add([]byte{0x04, 0, 0, 0, 0, 0, 2, 9, 1, 0, 0, 0, 0x17, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { _, _, _ = serveBytes(append(prefix, b...)) })
}

func FuzzAMF(f *testing.F) {
	f.Add([]byte{amfString, 0, 1, 'a', amfObject, 0, 1, 'b', amfNumber, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, amfObjectEnd})
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = decodeAMF(b) })
}
