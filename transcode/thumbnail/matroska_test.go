package thumbnail

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"testing"
	"time"
)

func recorded(t testing.TB) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:size=16x16:rate=1:duration=40",
		"-c:v", "mjpeg", "-f", "matroska", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMatroska(t *testing.T) {
	stream := recorded(t)
	pictures, err := readPictures(bytes.NewReader(stream))
	if err != nil || len(pictures) != 40 {
		t.Fatal(len(pictures), err)
	}
	for i, p := range pictures {
		if p.at != time.Duration(i)*time.Second || !bytes.HasPrefix(p.data, []byte{0xff, 0xd8}) {
			t.Errorf("picture %d: at %v, %x", i, p.at, p.data[:4])
		}
	}
	within := bytes.LastIndex(stream, []byte{0xff, 0xd8}) + 10 // the last picture
	if _, err := readPictures(bytes.NewReader(stream[:within])); !errors.Is(err, errMatroska) {
		t.Errorf("cut within a picture: %v", err)
	}
}

func FuzzMatroska(f *testing.F) {
	stream := recorded(f)
	f.Add(stream)
	f.Add(stream[:700])
	f.Add([]byte{0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x1f, 0x43, 0xb6, 0x75, 0xff, 0xe7, 0x81, 5, 0xa3, 0x85, 0x81, 0, 1, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		pictures, err := readPictures(io.LimitReader(bytes.NewReader(b), 1<<20))
		size := 0
		for _, p := range pictures {
			size += len(p.data)
		}
		if size > len(b) {
			t.Errorf("%d bytes of pictures in %d, %v", size, len(b), err)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("frame:0    pts:90000   pts_time:1\npicture=1\n"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = readFrames(bytes.NewReader(b)) })
}
