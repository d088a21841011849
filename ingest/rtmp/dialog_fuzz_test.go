package rtmp

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
)

// maxFuzzInput bounds what one run of a fuzz target reads, in bytes.
const maxFuzzInput = 1 << 20

// FuzzDialog has a client say anything behind connect, over a connection on which both
// sides wait for each other.
func FuzzDialog(f *testing.F) {
	publish := invoke(f, 1, "publish", 5.0, nil, "KEY", "live")
	end := invoke(f, 1, "FCUnpublish", 6.0, nil, "KEY")
	f.Add(join(invoke(f, 0, "FCPublish", 3.0, nil, "KEY"), invoke(f, 0, "createStream", 4.0, nil), publish, end, publish))
	f.Add(join(publish, inChunks(4, 0, typeVideo, videoTagBytes(flvAVC, 0, avcConfig()), 128),
		inChunks(4, 40, typeVideo, videoTagBytes(flvAVC, 1, withStartCodes(nalUnit(1), nalUnit(2), nalUnit(3))), 128)))
	f.Add(join(publish, inChunks(4, 0, typeAggregate, aggregate(rtmpMessage{kind: typeAudio, body: []byte{0xaf, 0, 0x11, 0x90}}), 128)))
	f.Add(join(publish, header0(4, 10, 200, typeVideo), make([]byte, 128), header1(4, 40, 5, typeVideo), []byte("12345")))
	f.Add(join(publish, header0(4, noExtension, 129, typeVideo), extended(1<<24), make([]byte, 128), []byte{0xc4, 0}))
	begin := connected(f, "live")
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzzInput {
			return
		}
		ours, theirs := net.Pipe()
		gate := ingesttest.NewGate()
		c := &connection{gate: gate, conn: ours, idle: time.Minute, remote: "test"}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = c.run(context.Background())
			_ = ours.Close()
		}()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		_, _ = io.Copy(theirs, bytes.NewReader(join(begin, b)))
		_ = theirs.Close()
		<-served
		if gate.Live() != nil {
			t.Error("a publication outlives its connection")
		}
	})
}

// FuzzChunks reads messages from anything, within the connection's bounds.
func FuzzChunks(f *testing.F) {
	f.Add(join(header1(4, 40, 5, typeVideo), []byte("12345"), header2(4, 33), []byte("12345"), []byte{0xc4}, []byte("12345")), uint32(128))
	f.Add(join(header0(4, noExtension, 200, typeVideo), extended(1<<24), make([]byte, 128), []byte{0xc4}, extended(1<<24), make([]byte, 72)), uint32(128))
	f.Add(join(header0(4, noExtension, 3, typeVideo), extended(1<<24), []byte{1}, []byte{0xc4, 2, 0xc4, 3}), uint32(1))
	f.Add(join(header0(4, 10, 200, typeVideo), make([]byte, 128), header0(4, 50, 5, typeVideo), []byte("12345")), uint32(128))
	f.Add(header0(4, 0, maxPicture, typeVideo), uint32(maxPicture))
	f.Fuzz(func(t *testing.T, b []byte, size uint32) {
		c := testReader(b)
		if c.setChunkSize(size) != nil {
			return
		}
		for {
			m, err := c.read()
			if len(c.streams) > maxChunkStreams || c.held > min(maxUnfinished, len(c.streams)*firstMemory+2*len(b)) {
				t.Fatalf("%d chunk streams, %d bytes held of %d", len(c.streams), c.held, len(b))
			}
			if err != nil {
				return
			}
			if len(m.body) > len(b) {
				t.Fatalf("a message of %d bytes in %d", len(m.body), len(b))
			}
		}
	})
}

// FuzzStreamKey finds a key in anything, and never a slash in it.
func FuzzStreamKey(f *testing.F) {
	f.Add("live", "rtmp://example.com/live", "rtmp://example.com/live/KEY?vhost=x")
	f.Add("live/%20KEY", "", "")
	f.Fuzz(func(t *testing.T, app, tcURL, name string) {
		if key := streamKey(app, tcURL, name); bytes.ContainsAny([]byte(key), "/") {
			t.Errorf("%q", key)
		}
	})
}
