//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// A phone sends no picture while nothing moves, and sound all the time: its last picture
// stands, longer than a segment may last. Playlists go on, nothing is left out, and nothing is
// called lost.
func TestStillScreen(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	push(t, "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15", "-re", "-f", "lavfi", "-i", "sine=440:sample_rate=48000",
		"-vf", `select='lt(mod(t\,6)\,2)'`, "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "20",
		"-sc_threshold", "0", "-c:a", "aac", "-max_interleave_delta", "100000", "-flush_packets", "1", "-f", "flv", rtmpURL(s)+"still")
	s.live(t, "still")
	eventually(t, "segments of three pictures that stood are listed", func() bool {
		_, playlist := s.get(t, "/live/still/source.m3u8")
		return strings.Count(playlist, "#EXTINF") >= 8
	})
	for _, name := range []string{"gaps", "discontinuities", "dropped_samples"} {
		if n := s.metric(t, `lightstick_packager_`+name+`_total{stream="still"}`); n > 0 {
			t.Errorf("%v %s", n, name)
		}
	}
	for _, rendition := range []string{"source", "audio"} {
		_, playlist := s.get(t, "/live/still/"+rendition+".m3u8")
		if strings.Contains(playlist, "#EXT-X-GAP") || strings.Contains(playlist, "#EXT-X-DISCONTINUITY\n") || !strings.Contains(playlist, "#EXTINF") {
			t.Errorf("%s:\n%s", rendition, playlist)
		}
	}
}
