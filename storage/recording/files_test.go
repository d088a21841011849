package recording

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// An object is read from the disk, and what that lacks from the bucket. Each way to read it
// tells a missing object from one that can't be read.
func TestReadingBack(t *testing.T) {
	e := packager.Entry{MSN: 7, Epoch: "first"}
	key := SegmentKey("show", "audio", e)
	readers := map[string]func(*files) (string, error){
		"open": func(f *files) (string, error) {
			b, err := f.readAll(context.Background(), key)
			return string(b), err
		},
		"small": func(f *files) (string, error) {
			b, err := f.small(context.Background(), key)
			return string(b), err
		},
		"replica": func(f *files) (string, error) { return readObject(f.openForReplica(key)) },
		"stored":  func(f *files) (string, error) { return readObject(f.locate("show")("audio", e).Open()) },
		"range": func(f *files) (string, error) {
			b, err := f.readRange(context.Background(), key, 2, 3)
			return string(b), err
		},
	}
	tests := []struct {
		name           string
		disk, bucket   string // "": it is not there
		remote, broken bool   // there is a bucket; it can't be read
		want           string
		err            error
	}{
		{"disk alone", "on disk", "", false, false, "on disk", nil},
		{"disk first", "on disk", "in the bucket", true, false, "on disk", nil},
		{"disk before a broken bucket", "on disk", "in the bucket", true, true, "on disk", nil},
		{"bucket", "", "in the bucket", true, false, "in the bucket", nil},
		{"nowhere", "", "", true, false, "", objectstore.ErrNotFound},
		{"nowhere, no bucket", "", "", false, false, "", objectstore.ErrNotFound},
		{"broken bucket", "", "in the bucket", true, true, "", errBroken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket()
			if tt.bucket != "" {
				b.objects[key] = []byte(tt.bucket)
			}
			b.broken[key] = tt.broken
			var remote Remote
			if tt.remote {
				remote = b
			}
			f, err := openFiles(t.TempDir(), remote, context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer f.root.Close()
			if tt.disk != "" {
				if _, err := writeFile(f.path(key), [][]byte{[]byte(tt.disk)}); err != nil {
					t.Fatal(err)
				}
			}
			for name, read := range readers {
				got, err := read(f)
				want, wantErr := tt.want, tt.err
				if name == "range" && want != "" {
					want = want[2:5]
				}
				if name == "stored" && errors.Is(wantErr, objectstore.ErrNotFound) {
					wantErr = packager.ErrGone // what the packager asks for
				}
				if got != want || !errors.Is(err, wantErr) {
					t.Errorf("%s: %q, %v; want %q, %v", name, got, err, want, wantErr)
				}
			}
		})
	}
}

func readObject(r io.ReadSeekCloser, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// A part that the file is too short for is an error, not fewer bytes.
func TestRangeOfAShortFile(t *testing.T) {
	f, err := openFiles(t.TempDir(), nil, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer f.root.Close()
	if _, err := writeFile(f.path("live/show/x"), [][]byte{[]byte("abc")}); err != nil {
		t.Fatal(err)
	}
	if b, err := f.readRange(t.Context(), "live/show/x", 1, 5); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", b, err)
	}
	for _, key := range []string{"../outside", "live/../../outside"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(f.dir), "outside"), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := f.readAll(t.Context(), key); err == nil {
			t.Errorf("%s leads out of the directory: %q", key, b)
		}
	}
}

// Keys that are needed stay, and one that is missing is no error.
func TestRemoveKeys(t *testing.T) {
	f, err := openFiles(t.TempDir(), nil, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer f.root.Close()
	for _, key := range []string{"live/a", "live/b"} {
		if _, err := writeFile(f.path(key), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.removeKeys([]string{"live/a", "live/b", "live/none"}, map[string]bool{"live/b": true}); err != nil {
		t.Error(err)
	}
	if left := filesBelow(t, f.dir); len(left) != 1 || left[0] != "live/b" {
		t.Errorf("left: %v", left)
	}
}
