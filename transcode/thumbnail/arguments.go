package thumbnail

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// box is what a picture has to fit in, and how good it is to be.
type box struct {
	side    int // pixels, both ways
	quality int // of FFmpeg's JPEG encoder: 2 is best, 31 worst
}

const (
	thumbQuality  = 4
	posterQuality = 3
)

var errSize = errors.New("thumbnail: the track has no size")

// fit is the size of the track's pictures in the box: even, of the shape that is to
// be seen, and no larger than they are.
func (b box) fit(t media.Track) (width, height int, err error) {
	if t.Width <= 0 || t.Height <= 0 || b.side < 2 {
		return 0, 0, errSize
	}
	w, h := float64(t.Width), float64(t.Height)
	if a := t.PixelAspect; !a.Square() {
		w *= float64(a.Width) / float64(a.Height)
	}
	scale := min(1, float64(b.side)/max(w, h))
	return even(w * scale), even(h * scale), nil
}

// even rounds to an even number: JPEG shares colours among four pixels.
func even(x float64) int { return max(2, 2*int(x/2+0.5)) }

// arguments are FFmpeg's for a source.
func arguments(ctx context.Context, program string, t media.Track, b box) ([]string, error) {
	filter, err := filters(ctx, program, t, b)
	if err != nil {
		return nil, err
	}
	return []string{
		"-hide_banner", "-nostdin", "-loglevel", "error",
		"-protocol_whitelist", "pipe", "-probesize", "32768", "-analyzeduration", "0",
		// One thread decodes: nothing is held back, and memory holds one frame of a size
		// that a hostile one can't choose freely (8192x4320).
		"-threads", "1", "-max_pixels", "35389440", "-max_error_rate", "1",
		"-copyts", "-f", "mp4", "-i", fmt.Sprintf("pipe:%d", child.FirstInput),
		"-map", "0:v:0", "-filter_threads", "1", "-vf", filter + list,
		"-c:v", "mjpeg", "-threads", "1", "-q:v", strconv.Itoa(b.quality),
		"-fps_mode", "passthrough", "-enc_time_base", "1:1000",
		"-f", "matroska", "pipe:1",
	}, nil
}

// list says which frame each picture is to the file descriptor after the input's (the
// filter prints those that have metadata), then numbers the pictures a second apart.
var list = fmt.Sprintf(",metadata=add:key=picture:value=1,metadata=print:file='pipe\\:%d',setpts=N/TB", child.FirstInput+1)

// filters scale the picture, and make its colours those of a JPEG: BT.601 matrix,
// full range (JFIF 1.02), light as SDR has it.
func filters(ctx context.Context, program string, t media.Track, b box) (string, error) {
	width, height, err := b.fit(t)
	if err != nil {
		return "", err
	}
	size := fmt.Sprintf("w=%d:h=%d", width, height)
	const jpeg = "out_color_matrix=bt601:out_range=full,setsar=1,format=yuvj420p"
	transfer := map[media.VideoRange]string{media.PQ: "smpte2084", media.HLG: "arib-std-b67"}[t.VideoRange()]
	if transfer != "" && hasFilter(ctx, program, "zscale") {
		return "scale=" + size + ":flags=area," +
			"zscale=tin=" + transfer + ":pin=2020:min=2020_ncl:t=linear:npl=203,format=gbrpf32le," +
			"zscale=p=709,tonemap=mobius:desat=0,zscale=t=709:m=709:r=limited,format=yuv420p," +
			"scale=in_color_matrix=bt709:" + jpeg, nil
	}
	return "scale=" + size + ":flags=area:" + matrix(t) + jpeg, nil
}

// hd is how many lines make players take pictures that don't say otherwise for
// BT.709's colours.
const hd = 720

// matrix tells the scaler what the stream leaves open.
func matrix(t media.Track) string {
	const unspecified = 2 // ITU-T H.273 Table 4
	open := t.Color == (media.Color{}) || t.Color.Matrix == unspecified
	if open && min(t.Width, t.Height) >= hd {
		return "in_color_matrix=bt709:"
	}
	return ""
}

// hasFilter asks FFmpeg whether it was built with a filter. It is false if FFmpeg
// can't be asked: the run itself will say why.
func hasFilter(ctx context.Context, program, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, cmp.Or(program, "ffmpeg"), "-hide_banner", "-nostdin", "-filters")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return err == nil && bytes.Contains(out, []byte(" "+name+" "))
}
