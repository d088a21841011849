package socket

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// TestFlood is a peer who sends as fast as they can: they are read at a bounded pace, and
// without a wait as long as they send what clients send.
func TestFlood(t *testing.T) {
	tests := []struct {
		name   string
		frame  ws.Frame
		frames int
		least  time.Duration
	}{
		{"as a bot", ws.NewTextFrame(make([]byte, 200)), 2000, 0},
		{"pings", ws.NewPingFrame(nil), 40_000, 8 * time.Second},
		{"empty messages", ws.NewTextFrame(nil), 40_000, 8 * time.Second},
		{"parts of nothing", ws.NewFrame(ws.OpContinuation, false, nil), 40_000, 8 * time.Second},
		{"large messages", ws.NewTextFrame(make([]byte, 16<<10)), 100, 4 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent bytes.Buffer
				if tt.frame.Header.OpCode == ws.OpContinuation {
					_ = ws.WriteFrame(&sent, ws.MaskFrame(ws.NewFrame(ws.OpText, false, nil)))
				}
				for range tt.frames {
					_ = ws.WriteFrame(&sent, ws.MaskFrame(tt.frame))
				}
				r := newReader(&sent, 16<<10, true, func([]byte) error { return nil })
				var b bytes.Buffer
				begun := time.Now()
				for r.message(&b) == nil {
				}
				if took := time.Since(begun); took < tt.least || tt.least == 0 && took > 0 {
					t.Errorf("read within %v", took)
				}
			})
		})
	}
}
