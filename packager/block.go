package packager

import "sync"

// blockLen is how many segments a block describes: enough for a window of hours
// to be a few hundred blocks, few enough to leave little that is not in one.
const blockLen = 64

// block is a run of segments, beginning at a multiple of blockLen, whose place in
// playlists is settled: their parts are not listed any more. Its text is rendered
// and compressed once, so that a playlist of hours costs no more than one of
// minutes.
type block struct {
	first    int64 // media sequence number
	segments []*Segment
	texts    [formCount]blockText
}

// form is one of the ways in which a rendition is listed.
type form uint8

const (
	formMedia form = iota
	formIFrames
	formCount
)

// blockText is a block's text in one form.
type blockText struct {
	rendered   sync.Once
	plain      []byte
	compressed sync.Once
	deflate    []byte
}

// newBlock makes the block that ends with the last of the segments, if there is
// one: they must have no holes.
func newBlock(settled []*Segment) *block {
	n := len(settled)
	if n < blockLen || (settled[n-1].MSN+1)%blockLen != 0 {
		return nil
	}
	run := settled[n-blockLen : n : n]
	return &block{first: run[0].MSN, segments: run}
}

// piece is the block as a piece of a document.
func (b *block) piece(at address, f form) piece {
	t := &b.texts[f]
	t.rendered.Do(func() {
		text := make([]byte, 0, blockLen*160)
		previousMap := ""
		for _, s := range b.segments {
			text = s.appendTo(text, at, f, nil, previousMap)
			previousMap = at.init(s)
		}
		t.plain = text
	})
	return piece{text: t.plain, block: t}
}

// deflated is the text after rendering, as appendDeflated makes it.
func (t *blockText) deflated() []byte {
	t.compressed.Do(func() { t.deflate = appendDeflated(nil, t.plain) })
	return t.deflate
}
