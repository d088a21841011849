//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/yapingcat/gomedia/go-codec"
)

// number reads four bytes, big endian.
func number(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

func appendNumber(b []byte, n int) []byte {
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// toTheEnd publishes a file by FFmpeg without encoding it, and sends what FFmpeg complains
// about.
func toTheEnd(file string, to ...string) <-chan string {
	done := make(chan string, 1)
	args := []string{"-hide_banner", "-nostdin", "-v", "error", "-re", "-i", file, "-c", "copy", "-f", "flv", "-flvflags", "no_duration_filesize"}
	go func() {
		out, err := exec.Command("ffmpeg", append(args, to...)...).CombinedOutput()
		complaints := ""
		for line := range strings.Lines(string(out)) {
			// FFmpeg's parser gives up on a large unit, and copies it all the same.
			if !strings.Contains(line, "missing picture in access unit") {
				complaints += line
			}
		}
		if err != nil {
			complaints += err.Error()
		}
		done <- complaints
	}()
	return done
}

// flvClip makes an FLV file whose keyframes have their parameter sets before them, and
// lets change rewrite the body of each H.264 message behind its five bytes of header; nil
// leaves the message out. header says that it is the sequence header.
func flvClip(t *testing.T, change func(header, key bool, body []byte) []byte) string {
	t.Helper()
	dir := t.TempDir()
	source, name := filepath.Join(dir, "source.flv"), filepath.Join(dir, "clip.flv")
	out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=440:sample_rate=48000",
		"-t", "10", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-x264-params", "repeat-headers=1",
		"-c:a", "aac", "-flvflags", "no_sequence_end", source)
	if err != nil {
		t.Fatal(err, out)
	}
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const fileHeader, tagHeader, videoHeader = 13, 11, 5
	clip := bytes.Clone(b[:fileHeader])
	for at := fileHeader; at+tagHeader < len(b); {
		size := number(b[at:]) & 0xffffff
		tag := bytes.Clone(b[at : at+tagHeader+size])
		at += tagHeader + size + 4
		if tag[0] == 9 {
			media := tag[tagHeader:]
			body := change(media[1] == 0, media[0]>>4 == 1, media[videoHeader:])
			if body == nil {
				continue
			}
			tag = append(tag[:tagHeader+videoHeader:tagHeader+videoHeader], body...)
			size = videoHeader + len(body)
			tag[1], tag[2], tag[3] = byte(size>>16), byte(size>>8), byte(size)
		}
		clip = appendNumber(append(clip, tag...), len(tag))
	}
	if err := os.WriteFile(name, clip, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// dialRaw publishes by gortmplib's client, which sends what it is told.
func dialRaw(t *testing.T, address string) *gortmplib.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := &gortmplib.Client{URL: u, Publish: true}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := client.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// videoMessage is a message of H.264 that has the given bytes where length prefixes should be.
func videoMessage(at time.Duration, b []byte) message.Message {
	return &message.Video{
		ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: 0x1000000, Codec: message.CodecH264, Type: message.VideoTypeAU, DTS: at, AU: b,
	}
}

// What RTMP encoders send that is not as the specifications have it is on air, or the
// creator is told why not.
func TestRTMPDialects(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	advice := func(stream string) string { return string(s.api(t, "GET", "/streams/"+stream, "")) }

	t.Run("start codes without sequence header", func(t *testing.T) {
		t.Parallel()
		client := dialRaw(t, rtmpURL(s)+"dialect-annexb")
		clip := readClip(t, flvClip(t, func(_, _ bool, body []byte) []byte { return body }))
		done := make(chan struct{})
		defer func() { <-done }()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			defer close(done)
			for i, begun := 0, time.Now(); ctx.Err() == nil; i++ {
				f := clip[i%len(clip)] // gomedia's reader has put start codes before the units
				at := time.Duration(f.dts)*time.Millisecond + time.Duration(i/len(clip))*10*time.Second
				pause(time.Until(begun.Add(at)))
				if f.codec == codec.CODECID_VIDEO_H264 && client.Write(videoMessage(at, f.data)) != nil {
					return
				}
			}
		}()
		s.live(t, "dialect-annexb")
		eventually(t, "the advice on start codes", func() bool { return strings.Contains(advice("dialect-annexb"), `"video_framing"`) })
	})
	t.Run("keyframes of 5 MB", func(t *testing.T) {
		t.Parallel()
		file := flvClip(t, func(header, key bool, body []byte) []byte {
			if header || !key {
				return body
			}
			// A message of user data that nobody registered.
			const size = 5_000_000
			sei := append([]byte{6, 5}, bytes.Repeat([]byte{0xff}, size/255)...)
			sei = append(append(sei, size%255), bytes.Repeat([]byte{0x55}, size)...)
			sei = append(sei, 0x80)
			return append(append(appendNumber(nil, len(sei)), sei...), body...)
		})
		done := toTheEnd(file, rtmpURL(s)+"dialect-large")
		s.live(t, "dialect-large")
		if complaints := <-done; complaints != "" {
			t.Errorf("ffmpeg complains: %s", complaints)
		}
		if _, playlist := s.get(t, "/live/dialect-large/source.m3u8"); strings.Contains(playlist, "EXT-X-GAP") || strings.Contains(playlist, "EXT-X-DISCONTINUITY\n") {
			t.Errorf("media are missing:\n%s", playlist)
		}
	})
	t.Run("no parameter sets", func(t *testing.T) {
		t.Parallel()
		client := dialRaw(t, rtmpURL(s)+"dialect-bare")
		raised := func() bool { return strings.Contains(advice("dialect-bare"), `"no_sequence_header"`) }
		for i := 0; !raised(); i++ {
			if i == 1000 {
				t.Fatalf("no advice: %s", advice("dialect-bare"))
			}
			if err := client.Write(videoMessage(time.Duration(i)*time.Second/30, []byte{0, 0, 0, 4, 0x41, 0x9a, 0x22, 0x11})); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A key is found wherever people put it, and FFmpeg has nothing to complain about when it
// ends.
func TestRTMPKeys(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	file := flvClip(t, func(_, _ bool, body []byte) []byte { return body })
	tests := map[string][]string{
		"dialect-key":      {rtmpURL(s) + "dialect-key"},
		"dialect-query":    {rtmpURL(s) + "dialect-query?vhost=example.com&x=1"},
		"dialect-instance": {rtmpURL(s) + "_definst_/dialect-instance"},
		"dialect-slash":    {rtmpURL(s) + "dialect-slash/"},
		"dialect-app":      {"-rtmp_app", "live", "-rtmp_playpath", "live/dialect-app", "rtmp://" + s.rtmp},
		"dialect-address":  {"-rtmp_app", "live", "-rtmp_playpath", "rtmp://example.com/live/dialect-address", "rtmp://" + s.rtmp},
	}
	for stream, to := range tests {
		t.Run(stream, func(t *testing.T) {
			t.Parallel()
			done := toTheEnd(file, to...)
			s.live(t, stream)
			if complaints := <-done; complaints != "" {
				t.Errorf("ffmpeg complains: %s", complaints)
			}
			eventually(t, "the broadcast is stopped", func() bool {
				_, body := s.get(t, "/live/"+stream+"/status.json")
				var status struct{ State string }
				return json.Unmarshal([]byte(body), &status) == nil && status.State != "live"
			})
		})
	}
}
