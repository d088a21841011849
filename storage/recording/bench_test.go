package recording

import (
	"testing"

	"github.com/globalfandom/lightstick/packager"
)

// What a segment of 750 kB in nine parts costs on its way to the disk and into the
// journal.
func BenchmarkKeep(b *testing.B) {
	dir := b.TempDir()
	a, err := Open(Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	r := a.Recorder("show")
	r.begun, r.head = true, Head{Version: journalVersion, ID: "x", Stream: "show"}
	r.journal.path = a.files.journalPath(r.head)
	if err := r.journal.open(r.head); err != nil {
		b.Fatal(err)
	}
	defer r.closeJournal()
	chunks := make([][]byte, 9)
	for i := range chunks {
		chunks[i] = make([]byte, 750_000/9)
	}
	b.SetBytes(750_000)
	b.ReportAllocs()
	for msn := int64(0); b.Loop(); msn++ {
		e := packager.Entry{MSN: msn % 64, Epoch: "4f1c2e9d0b7a", ProgramDateTime: epoch, Size: 750_000}
		path := a.files.path(SegmentKey("show", "source", e))
		if _, err := writeFile(path, chunks); err != nil {
			b.Fatal(err)
		}
		if err := r.journal.append(line{Segment: &segmentLine{Rendition: "source", Entry: e}}); err != nil {
			b.Fatal(err)
		}
	}
}
