//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/yapingcat/gomedia/go-codec"
	"github.com/yapingcat/gomedia/go-flv"
	"github.com/yapingcat/gomedia/go-rtmp"
)

// frame is one access unit of a clip.
type frame struct {
	codec    codec.CodecID
	pts, dts uint32
	data     []byte
}

// readClip reads an FLV file into frames.
func readClip(t *testing.T, name string) (frames []frame) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	reader := flv.CreateFlvReader()
	reader.OnFrame = func(id codec.CodecID, data []byte, pts, dts uint32) {
		frames = append(frames, frame{id, pts, dts, bytes.Clone(data)})
	}
	if err := reader.Input(b); err != nil {
		t.Fatal(err)
	}
	return frames
}

// rtmpPublisher publishes frames in real time with gomedia's client, at whatever
// timestamps it is told: what FFmpeg would never send.
type rtmpPublisher struct {
	t      *testing.T
	conn   net.Conn
	client *rtmp.RtmpClient
}

func dialRTMP(t *testing.T, address, key string) *rtmpPublisher {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p := &rtmpPublisher{t: t, conn: conn, client: rtmp.NewRtmpClient(rtmp.WithComplexHandshake(), rtmp.WithEnablePublish())}
	started := false
	p.client.OnStateChange(func(s rtmp.RtmpState) { started = started || s == rtmp.STATE_RTMP_PUBLISH_START })
	p.client.SetOutput(func(b []byte) error {
		_, err := conn.Write(b)
		return err
	})
	p.client.Start(fmt.Sprintf("rtmp://%s/live/%s", address, key))
	buf := make([]byte, 4096)
	for !started {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.client.Input(buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// play sends frames in real time; shift is added to their timestamps. It returns
// the time that the frames span, in milliseconds.
func (p *rtmpPublisher) play(ctx context.Context, frames []frame, shift uint32) (span uint32) {
	begun := time.Now()
	for _, f := range frames {
		span = f.dts - frames[0].dts
		timer := time.NewTimer(time.Until(begun.Add(time.Duration(span) * time.Millisecond)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return span
		case <-timer.C:
		}
		// The client works on the data in place.
		if err := p.client.WriteFrame(f.codec, bytes.Clone(f.data), f.pts+shift, f.dts+shift); err != nil {
			p.t.Errorf("publishing: %v", err)
			return span
		}
	}
	return span
}

// inBackground runs f until it returns or is stopped.
func inBackground(t *testing.T, f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// A jump of the source's clock in mid-stream is repaired, and the page plays on.
func TestTimestampJumps(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	frames := readClip(t, cardFile(t, "640x360", 10))
	p := dialRTMP(t, s.rtmp, "jumps")
	jump := make(chan struct{})
	stop := inBackground(t, func(ctx context.Context) {
		shift, waiting := uint32(0), jump
		for ctx.Err() == nil {
			shift += p.play(ctx, frames, shift) + 33
			select {
			case <-waiting:
				shift += 10_000
				waiting = nil
			default:
			}
		}
	})
	s.live(t, "jumps")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/jumps"})
	v.playing()
	close(jump)
	eventually(t, "the repair is counted", func() bool {
		return s.metric(t, `lightstick_ingest_repairs_total{reason="forward_jump",stream="jumps"}`) == 1
	})
	v.sees(120) // what was buffered before the jump is less
	_, playlist := s.get(t, "/live/jumps/source.m3u8")
	if strings.Contains(playlist, "#EXT-X-GAP") {
		t.Errorf("media is lost:\n%s", playlist)
	}
	print(t, "a jump of 10 s forward: stalls %v", v.end().stalls(time.Second))
	stop()
}

// A change of resolution in mid-stream plays on.
func TestResolutionChanges(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	small, large := readClip(t, cardFile(t, "640x360", 4)), readClip(t, cardFile(t, "1280x720", 4))
	p := dialRTMP(t, s.rtmp, "resolutions")
	change := make(chan struct{})
	stop := inBackground(t, func(ctx context.Context) {
		frames, shift := small, uint32(0)
		for ctx.Err() == nil {
			shift += p.play(ctx, frames, shift) + 33
			select {
			case <-change:
				frames = large
			default:
			}
		}
	})
	s.live(t, "resolutions")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/resolutions"})
	v.playing()
	close(change)
	eventually(t, "the large picture is shown", func() bool { return v.ask("window.seen.sizes.at(-1).size") == `"1280x720"` })
	v.sees(30)
	got := v.end()
	print(t, "a change of resolution: sizes %v, stalls %v", got.Sizes, got.stalls(time.Second))
	if len(got.Sizes) != 2 {
		t.Errorf("sizes seen: %v", got.Sizes)
	}
	stop()
}
