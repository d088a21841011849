package rtmp

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/ingest"
)

// commandBytes is a command message (RTMP 1.0 §7.1.1) in one chunk of the command chunk
// stream.
func commandBytes(t *testing.T, name string) []byte {
	t.Helper()
	body, err := amf0.Data{name, float64(5), nil, float64(1)}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	header := []byte{3, 0, 0, 0, 0, byte(len(body) >> 8), byte(len(body)), 20}
	return append(binary.LittleEndian.AppendUint32(header, 0), body...)
}

// published is the shortest beginning of what OBS sends that ends between two messages
// after publish.
func published(t *testing.T) []byte {
	t.Helper()
	b := capture(t)
	for n := 1 + 2*1536; n < len(b); n++ {
		if gate, _, err := serveBytes(b[:n]); errors.Is(err, ingest.ErrLost) && len(gate.Ended) == 1 {
			return b[:n]
		}
	}
	t.Fatal("the capture has no publish")
	return nil
}

// A publisher that says that it ends is told from one whose connection just ends.
func TestGoodbyes(t *testing.T) {
	before := published(t)
	tests := []struct {
		name, command string
		want          error
	}{
		{"nothing", "", ingest.ErrLost},
		{"another command", "releaseStream", ingest.ErrLost},
		{"FCUnpublish", "FCUnpublish", nil},
		{"closeStream", "closeStream", nil},
		{"deleteStream", "deleteStream", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := slices.Clone(before)
			if tt.command != "" {
				b = append(b, commandBytes(t, tt.command)...)
			}
			gate, _, err := serveBytes(b)
			if p := <-gate.Ended; !errors.Is(err, tt.want) || !errors.Is(p.Reason, tt.want) {
				t.Errorf("ended with %v, the publication with %v; want %v", err, p.Reason, tt.want)
			}
		})
	}
}
