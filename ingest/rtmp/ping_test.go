package rtmp

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
)

// Chunks of a ping request and of its answer, without time and event data (RTMP 1.0 §7.1.7).
var (
	pingRequest  = []byte{0, 6}
	pingResponse = []byte{2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0}
)

// Without sound a still screen has nothing to send: who answers pings stays, who doesn't has
// the idle time.
func TestSilentPublishers(t *testing.T) {
	before := published(t)
	for _, answers := range []int{0, 3, 50} {
		synctest.Test(t, func(t *testing.T) {
			const idle = time.Minute
			ours, theirs := net.Pipe()
			gate := ingesttest.NewGate()
			c := &connection{gate: gate, conn: ours, idle: idle, remote: "test", begun: time.Now()}
			ended := make(chan error, 1)
			go func() {
				ended <- c.run(t.Context())
				_ = ours.Close()
			}()
			asked, read := 0, make(chan struct{})
			go func() { // reads what the server says
				defer close(read)
				b := make([]byte, 4096)
				for {
					n, err := theirs.Read(b)
					if err != nil {
						return
					}
					if n < 64 && bytes.Contains(b[:n], pingRequest) {
						if asked++; asked <= answers {
							go func() { _, _ = theirs.Write(pingResponse) }()
						}
					}
				}
			}()
			_, _ = theirs.Write(before)
			begun := time.Now()
			err := <-ended
			alive := time.Duration(answers) * idle / pings
			if silent := time.Since(begun); err == nil || silent < alive+idle*8/10 || silent > alive+idle+setupTimeout {
				t.Errorf("%d answers: ended with %v after %v", answers, err, silent)
			}
			if reason := (<-gate.Ended).Reason; !errors.Is(reason, os.ErrDeadlineExceeded) {
				t.Errorf("ended with %v", err)
			}
			_ = theirs.Close()
			if <-read; asked < answers+pings-1 {
				t.Errorf("%d pings", asked)
			}
		})
	}
}
