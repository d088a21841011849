package rtsp

import (
	"bytes"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// wire is a peer whose packets are given to it.
type wire struct{ packet func(*rtp.Packet) }

func (w *wire) OnPacketRTP(_ *description.Media, _ format.Format, packet func(*rtp.Packet)) {
	w.packet = packet
}

// pictureFormats are formats with their parameter sets, and a slice of a picture.
var pictureFormats = []struct {
	name   string
	format func() format.Format
	slice  []byte
}{
	{"H.264", func() format.Format {
		return &format.H264{PayloadTyp: 96, PacketizationMode: 1, SPS: []byte{
			0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
			0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
		}, PPS: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}}
	}, []byte{0x41, 0x9a}},
	{"HEVC", func() format.Format {
		return &format.H265{PayloadTyp: 96, VPS: []byte{
			0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0xb0, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7b, 0x18, 0xb0, 0x24,
		}, SPS: []byte{
			0x42, 0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0xb0, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7b, 0xa0, 0x07, 0x82, 0x00, 0x88, 0x7d,
			0xb6, 0x71, 0x8b, 0x92, 0x44, 0x80, 0x53, 0x88, 0x88, 0x92, 0xcf, 0x24, 0xa6, 0x92, 0x72, 0xc9, 0x12, 0x49, 0x22, 0xdc, 0x91, 0xaa, 0x48, 0xfc,
			0xa2, 0x23, 0xff, 0x00, 0x01, 0x00, 0x01, 0x6a, 0x02, 0x02, 0x02, 0x01,
		}, PPS: []byte{0x44, 0x01, 0xc0, 0x25, 0x2f, 0x05, 0x32, 0x40}}
	}, []byte{0x02, 0x01, 0xd0}},
}

// largePictures are the packets of pictures of so many bytes, with a message before each slice.
func largePictures(t testing.TB, f format.Format, slice []byte, pictures, size int) (packets []*rtp.Packet) {
	t.Helper()
	slice = append(bytes.Clone(slice), bytes.Repeat([]byte{0x55}, size)...)
	var encode func([][]byte) ([]*rtp.Packet, error)
	message := []byte{6, 1, 1, 0x80}
	switch f := f.(type) {
	case *format.H264:
		e, err := f.CreateEncoder()
		if err != nil {
			t.Fatal(err)
		}
		encode = e.Encode
	case *format.H265:
		e, err := f.CreateEncoder()
		if err != nil {
			t.Fatal(err)
		}
		encode, message = e.Encode, []byte{39 << 1, 1, 1, 1, 0x80}
	}
	for i := range pictures {
		of, err := encode([][]byte{message, slice})
		if err != nil {
			t.Fatal(err)
		}
		for _, pkt := range of {
			pkt.Timestamp = uint32(i) * 3600
		}
		packets = append(packets, of...)
	}
	return packets
}

// receive takes packets to a sink.
func receive(t testing.TB, f format.Format, packets []*rtp.Packet, sink ingest.Sink) {
	t.Helper()
	r := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), func(err error) { t.Error(err) })
	w := &wire{}
	desc := &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{f}}}}
	if err := r.subscribe(w, desc); err != nil {
		t.Fatal(err)
	}
	for _, pkt := range packets {
		w.packet(pkt)
	}
}

// BenchmarkPictures takes pictures from their packets to the session's sink.
func BenchmarkPictures(b *testing.B) {
	for _, kind := range pictureFormats {
		for _, size := range []struct {
			name  string
			bytes int
		}{{"20 kB", 20_000}, {"200 kB", 200_000}} {
			b.Run(kind.name+", "+size.name, func(b *testing.B) {
				f := kind.format()
				packets := largePictures(b, f, kind.slice, 100, size.bytes)
				b.SetBytes(int64(100 * size.bytes))
				b.ReportAllocs()
				for b.Loop() {
					sink := &ingesttest.Discard{}
					receive(b, f, packets, sink)
					if sink.Samples < 99 {
						b.Fatalf("%d samples", sink.Samples)
					}
				}
			})
		}
	}
}

// A picture is copied into the memory in which it is gathered from packets, and into its part.
func TestCopiesOfAPicture(t *testing.T) {
	const size = 200_000
	for _, kind := range pictureFormats {
		t.Run(kind.name, func(t *testing.T) {
			f, packets := kind.format(), map[int][]*rtp.Packet{}
			ingesttest.CheckCopies(t, size, func(pictures int, sink *ingesttest.Parts) {
				if packets[pictures] == nil {
					packets[pictures] = largePictures(t, f, kind.slice, pictures, size)
				}
				receive(t, f, packets[pictures], sink)
			})
		})
	}
}
