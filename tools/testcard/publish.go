package testcard

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config of a test card.
type Config struct {
	FFmpeg        string        // the program
	URL           string        // where to publish: rtmp:// or srt://; may hold a stream key
	Width, Height int           // pixels, even; 0 is 1280 by 720
	FrameRate     int           // frames per second; 0 is 30
	BitrateBPS    int           // of the video; 0 is 2.5 Mbit/s
	KeyInterval   time.Duration // between keyframes; 0 is 2 s
	Threads       int           // of the encoder; 0 leaves it to FFmpeg
}

func (c Config) withDefaults() Config {
	if c.Width == 0 || c.Height == 0 {
		c.Width, c.Height = 1280, 720
	}
	c.FrameRate = cmp.Or(c.FrameRate, 30)
	c.BitrateBPS = cmp.Or(c.BitrateBPS, 2_500_000)
	c.KeyInterval = cmp.Or(c.KeyInterval, 2*time.Second)
	return c
}

// soundPipe is the file descriptor by which FFmpeg gets the sound.
const soundPipe = 3

func (c Config) arguments() []string {
	format := "flv"
	if strings.HasPrefix(c.URL, "srt://") {
		format = "mpegts"
	}
	rate := strconv.Itoa(c.FrameRate)
	bps := strconv.Itoa(c.BitrateBPS)
	return []string{
		"-hide_banner", "-nostdin", "-loglevel", "error",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", fmt.Sprintf("%dx%d", c.Width, c.Height),
		"-framerate", rate, "-probesize", "32", "-thread_queue_size", "8", "-i", "pipe:0",
		"-f", "s16le", "-ar", strconv.Itoa(sampleRate), "-ac", "1", "-probesize", "32", "-thread_queue_size", "64",
		"-i", fmt.Sprintf("pipe:%d", soundPipe),
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-threads", strconv.Itoa(c.Threads),
		"-b:v", bps, "-maxrate", bps, "-bufsize", bps,
		"-g", strconv.Itoa(int(c.KeyInterval.Seconds() * float64(c.FrameRate))),
		"-c:a", "aac", "-b:a", "128k", "-ac", "2", "-flush_packets", "1", "-f", format, c.URL,
	}
}

// Publish draws and publishes until ctx is cancelled or the connection ends. The
// error never holds the URL.
func Publish(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	p, err := newPicture(cfg.Width, cfg.Height)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, cfg.FFmpeg, cfg.arguments()...)
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	video, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	soundReader, sound, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = []*os.File{soundReader}
	err = cmd.Start()
	_ = soundReader.Close()
	if err != nil {
		_ = sound.Close()
		return err
	}
	drawing, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { feed(drawing, cfg, p, video, sound) })
	err = cmd.Wait()
	stop()
	_ = sound.Close()
	wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	text := strings.ReplaceAll(strings.TrimSpace(stderr.String()), cfg.URL, "the server")
	return errors.Join(err, errors.New(text))
}

// soundLead is how far sound is written ahead of the picture, in samples. It is
// made, not heard, so it can be: FFmpeg holds each picture back until it has the
// sound that goes with it.
const soundLead = sampleRate / 5

// feed draws frames in real time, with the sound that belongs to each.
func feed(ctx context.Context, cfg Config, p *picture, video io.WriteCloser, sound io.WriteCloser) {
	defer video.Close()
	defer sound.Close()
	start := time.Now().Truncate(time.Second).Add(time.Second)
	timer := time.NewTimer(time.Until(start))
	defer timer.Stop()
	heard := 0
	for n := 0; ; n++ {
		elapsed := time.Duration(n) * time.Second / time.Duration(cfg.FrameRate)
		timer.Reset(time.Until(start.Add(elapsed)))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		until := soundLead + int(int64(n+1)*sampleRate/int64(cfg.FrameRate))
		if _, err := sound.Write(tone(heard, until-heard)); err != nil {
			return
		}
		heard = until
		if err := writeFrame(video, p.draw(time.Now(), elapsed)); err != nil {
			return
		}
	}
}

func writeFrame(w io.Writer, frame *image.YCbCr) error {
	for _, plane := range [][]byte{frame.Y, frame.Cb, frame.Cr} {
		if _, err := w.Write(plane); err != nil {
			return err
		}
	}
	return nil
}
