package bitstream

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// pieces cuts b into pieces of n bytes.
func pieces(b []byte, n int) [][]byte { return slices.Collect(slices.Chunk(b, n)) }

func TestPictureBufferReadsStartCodes(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{"four bytes", "\x00\x00\x00\x01ab\x00\x00\x00\x01c", []string{"ab", "c"}},
		{"three bytes", "\x00\x00\x01ab\x00\x00\x01c\x00\x00\x01def", []string{"ab", "c", "def"}},
		{"more zeros", "\x00\x00\x00\x00\x01ab\x00\x00\x00\x00\x00\x01c\x00\x00", []string{"ab", "c"}},
		{"zeros in a unit", "\x00\x00\x01a\x00\x00\x03\x00b\x00\x00\x01c", []string{"a\x00\x00\x03\x00b", "c"}},
		{"empty units", "\x00\x00\x01\x00\x00\x01\x00\x00\x01a\x00\x00\x01", []string{"a"}},
		{"something before", "abc\x01\x00\x00\x01d", []string{"d"}},
		{"nothing but that", "abcdefgh", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for n := range 8 {
				b := &PictureBuffer{}
				for _, piece := range pieces([]byte(tt.body), n+1) {
					b.AddAnnexB(piece)
				}
				b.EndUnit()
				units := b.AppendUnits(nil, maxNALUnits)
				if !slices.EqualFunc(units, tt.want, func(got []byte, want string) bool { return string(got) == want }) {
					t.Errorf("in pieces of %d: %q", n+1, units)
				}
				if got := b.Take(); !bytes.Equal(got, joinLengthPrefixed(units)) || b.Len() > 0 {
					t.Errorf("in pieces of %d: took %x, %d bytes are left", n+1, got, b.Len())
				}
			}
		})
	}
}

// Units whose beginning is known, as RTP has them.
func TestPictureBufferUnits(t *testing.T) {
	b := &PictureBuffer{}
	b.BeginUnit()
	b.Add([]byte("ab"))
	b.Add([]byte("c"))
	b.BeginUnit()
	b.Add([]byte("lost"))
	b.DropUnit()
	b.BeginUnit() // empty
	b.BeginUnit()
	b.AddAnnexB([]byte("d\x00\x00\x00\x01ef"))
	if got := b.AppendUnits(nil, 2); len(got) != 2 || string(got[1]) != "d" {
		t.Errorf("at most two: %q", got)
	}
	if got := b.AppendUnits(nil, 9); len(got) != 3 || string(got[2]) != "ef" {
		t.Errorf("with the open one: %q", got)
	}
	if got := b.Take(); string(got) != "\x00\x00\x00\x03abc\x00\x00\x00\x01d\x00\x00\x00\x02ef" {
		t.Errorf("took %q", got)
	}
	b.AddAnnexB([]byte("left out"))
	b.BeginUnit()
	b.Add([]byte("g"))
	b.Drop()
	if got := b.Take(); got != nil || b.Len() != 0 {
		t.Errorf("took %q after all was dropped", got)
	}
}

// Bytes stay where they were written, except for the beginning of a picture that reaches over
// the end of its block: in the long run that is less than a sixteenth of all.
func TestPictureBufferWritesOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, size := range map[string]func(i int) int{
		"all alike":   func(int) int { return 10_000 },
		"of any size": func(int) int { return 8_000 + random.IntN(4_000) },
		"with key frames": func(i int) int {
			if i%30 == 0 {
				return 60_000
			}
			return 8_000 + random.IntN(4_000)
		},
	} {
		b := &PictureBuffer{}
		came, moved := 0, 0
		add := func(piece []byte) {
			var first *byte
			if len(b.buf) > 0 {
				first = &b.buf[0]
			}
			before := b.Len()
			b.AddAnnexB(piece)
			if came += len(piece); first != nil && first != &b.buf[0] {
				moved += before
			}
		}
		for i := range 1000 {
			add(startCode)
			for _, piece := range pieces(bytes.Repeat([]byte{0x55}, size(i)), 184) {
				add(piece)
			}
			b.Take()
		}
		t.Logf("%s: %d bytes of %d were moved", name, moved, came)
		if moved > came/16 {
			t.Errorf("%s: %d bytes of %d were moved", name, moved, came)
		}
	}
}

// However the stream is cut, the same units come out; what was taken is not written to again;
// and no memory is held for what didn't come.
func FuzzPictureBuffer(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01ab\x00\x00\x01c\x00\x00\x00\x01de"), []byte{1, 2, 3})
	f.Add([]byte("\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x01a\x00\x00"), []byte{4})
	f.Add(append(bytes.Repeat([]byte("\x00\x00\x01\x41"), 3000), bytes.Repeat([]byte{0x55}, 5000)...), []byte{200, 1})
	f.Fuzz(func(t *testing.T, body, cuts []byte) {
		b := &PictureBuffer{}
		var taken, copies [][]byte
		for range 3 {
			left := body
			for i := 0; len(left) > 0; i++ {
				n := len(left)
				if i < len(cuts) {
					n = min(n, int(cuts[i])+1)
				}
				b.AddAnnexB(left[:n])
				left = left[n:]
			}
			picture := b.Take()
			if want := joinLengthPrefixed(AppendAnnexB(nil, body, len(body))); !bytes.Equal(picture, want) {
				t.Fatalf("%x became %x, want %x", body, picture, want)
			}
			taken, copies = append(taken, picture), append(copies, bytes.Clone(picture))
		}
		for i := range taken {
			if !bytes.Equal(taken[i], copies[i]) {
				t.Error("what was taken was written to")
			}
		}
		if most := max(2*minBlock, 3*picturesInBlock*len(body)+2*minBlock); b.Held() > most {
			t.Errorf("%d bytes are held of %d", b.Held(), len(body))
		}
	})
}
