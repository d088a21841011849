//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	srt "github.com/datarhei/gosrt"
)

// transportStream has FFmpeg make a few seconds of a transport stream.
func transportStream(t *testing.T, args string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.ts")
	out, err := ffmpeg(t, append(strings.Fields(args), "-t", fmt.Sprint(filmSeconds), "-f", "mpegts", file)...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const filmSeconds = 5

// sendFilms sends transport streams by SRT one after the other in real time, the last one
// again and again, until the test ends.
func sendFilms(t *testing.T, s *server, stream string, films ...[]byte) {
	t.Helper()
	cfg := srt.DefaultConfig()
	cfg.StreamId = "publish:" + stream
	conn, err := srt.Dial("srt", s.srt, cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		<-ended
		_ = conn.Close()
	})
	go func() {
		defer close(ended)
		for i := 0; sendFilm(conn, films[min(i, len(films)-1)], stop); i++ {
		}
	}()
}

// sendFilm reports false when it was stopped.
func sendFilm(conn srt.Conn, film []byte, stop chan struct{}) bool {
	const datagram = 7 * 188
	tick := time.NewTicker(time.Duration(datagram) * filmSeconds * time.Second / time.Duration(len(film)))
	defer tick.Stop()
	for ; len(film) > 0; film = film[min(datagram, len(film)):] {
		select {
		case <-stop:
			return false
		case <-tick.C:
		}
		if _, err := conn.Write(film[:min(datagram, len(film))]); err != nil {
			return false
		}
	}
	return true
}

// An encoder starts without sound, and is switched to another one on the way: other PIDs,
// another PID of the program map, another size, and sound. The picture goes on after a
// discontinuity, and the sound comes.
func TestTransportStreamThatChanges(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	const picture = "-f lavfi -i testsrc2=size=%s:rate=25 "
	const x264 = "-c:v libx264 -preset ultrafast -tune zerolatency -g 25 -b:v 300k "
	silent := transportStream(t, fmt.Sprintf(picture, "320x180")+x264)
	other := transportStream(t, fmt.Sprintf(picture, "480x270")+"-f lavfi -i sine=frequency=440:sample_rate=48000 "+x264+
		"-c:a aac -mpegts_start_pid 0x200 -mpegts_pmt_start_pid 0x1010")
	const stream = "transportstream"
	sendFilms(t, s, stream, silent, other)
	s.live(t, stream)
	eventually(t, "the picture goes on with the other size, and sound", func() bool {
		_, index := s.get(t, "/live/"+stream+"/index.m3u8")
		_, source := s.get(t, "/live/"+stream+"/source.m3u8")
		_, sound := s.get(t, "/live/"+stream+"/audio.m3u8")
		_, after, switched := strings.Cut(source, "#EXT-X-DISCONTINUITY\n")
		return switched && strings.Contains(index, "RESOLUTION=480x270") && strings.Contains(index, "TYPE=AUDIO") &&
			strings.Count(after, "#EXTINF:") >= 2 && strings.Contains(sound, "#EXTINF:")
	})
	index := "http://" + s.http + "/live/" + stream + "/index.m3u8"
	if got, want := probe(t, index), both("h264", "aac"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ffprobe finds %v, want %v", got, want)
	}
}
