package socket

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
)

// FuzzReader reads whatever a peer might send: no panic, and no message that is longer
// than allowed or not text.
func FuzzReader(f *testing.F) {
	for _, frame := range []ws.Frame{
		ws.NewTextFrame([]byte(`{"id":1,"connect":{}}`)), ws.NewPingFrame([]byte("ping")), ws.NewCloseFrame(nil),
		ws.NewFrame(ws.OpText, false, []byte("part")), ws.NewFrame(ws.OpContinuation, true, []byte("end")),
		ws.NewBinaryFrame([]byte{1, 2, 3}), ws.NewTextFrame(make([]byte, 300)),
	} {
		b, err := ws.CompileFrame(ws.MaskFrame(frame))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, true)
		f.Add(append(b, b...), false)
	}
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, true)
	f.Fuzz(func(t *testing.T, sent []byte, text bool) {
		const limit = 256
		r := newReader(bytes.NewReader(sent), limit, text, func(payload []byte) error {
			if len(payload) > ws.MaxControlFramePayloadSize {
				t.Errorf("a pong of %d bytes", len(payload))
			}
			return nil
		})
		var b bytes.Buffer
		for {
			err := r.message(&b)
			var d centrifuge.Disconnect
			switch {
			case err == nil:
				if b.Len() > limit || text && !utf8.Valid(b.Bytes()) {
					t.Errorf("a message of %d bytes", b.Len())
				}
				continue
			case errors.As(err, &d), errors.Is(err, errClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			default:
				t.Errorf("%v", err)
			}
			return
		}
	})
}
