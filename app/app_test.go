package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/app"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/tools/testcard"
)

// A whole server in this process: what is published by RTMP can be played, and Run returns
// when its context ends.
func TestServerWithoutAProcess(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load("", nil, []string{
		"http.listen=127.0.0.1:0", "rtmp.listen=127.0.0.1:0", "srt.listen=", "rtsp.listen=", "webrtc.listen=", "admin.listen=",
		"transcode.ladder=off", "publish.open=true",
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := app.New(t.Context(), app.Options{Dir: t.TempDir()}, &loaded.Config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	serving, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(serving) }()
	publishing, endPublishing := context.WithCancel(t.Context())
	published := make(chan error, 1)
	go func() {
		published <- testcard.Publish(publishing, testcard.Config{
			FFmpeg: "ffmpeg", URL: "rtmp://" + server.RTMPAddr().String() + "/live/show", Width: 64, Height: 64, FrameRate: 10, Threads: 1,
		})
	}()
	base := "http://" + server.HTTPAddr().String() + "/live/show/"
	media := regexp.MustCompile(`(?m)^[^#\n]+\.m3u8$`).FindString(await(t, published, base+"index.m3u8", "#EXT-X-STREAM-INF"))
	if text := await(t, published, base+media, "#EXT-X-PART:"); !strings.Contains(text, "#EXT-X-MAP:") {
		t.Errorf("the media playlist is\n%s", text)
	}
	endPublishing()
	<-published
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// await asks until the answer has the text.
func await(t *testing.T, published <-chan error, url, text string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err == nil && strings.Contains(string(body), text) {
			return string(body)
		}
		select {
		case err := <-published:
			t.Fatalf("the publisher ended: %v", err)
		case <-deadline:
			t.Fatalf("%s: %s, without %s:\n%s", url, answer.Status, text, body)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
