package check

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// origin is a live stream of generated media: segments of a second, four parts each,
// a video and an audio rendition. What it has follows from the clock alone. Its
// switches make it err.
type origin struct {
	start time.Time // the end of segment -1

	cookie, plain, forced, anything, lost, delta, unhinted, trickle bool
}

const (
	originPart    = 250 * time.Millisecond
	originHistory = 10 // segments listed
)

// serve starts the origin, which has been on air for a while.
func serve(t *testing.T, o *origin) string {
	t.Helper()
	o.start = time.Now().Add(-20 * time.Second).Truncate(time.Millisecond)
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	return s.URL + "/live/index.m3u8"
}

// parts is how many parts exist now, from the first on.
func (o *origin) parts() int { return int(time.Since(o.start) / originPart) }

// await waits until so many parts exist.
func (o *origin) await(n int) {
	time.Sleep(time.Until(o.start.Add(time.Duration(n) * originPart)))
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "max-age=1")
	if o.cookie {
		w.Header().Set("Set-Cookie", "viewer=1")
	}
	name := strings.TrimPrefix(r.URL.Path, "/live/")
	switch {
	case name == "index.m3u8":
		o.write(w, r, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n"+
			"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Main\",DEFAULT=YES,URI=\"audio.m3u8\"\n"+
			"#EXT-X-STREAM-INF:BANDWIDTH=40000,AVERAGE-BANDWIDTH=30000,CODECS=\"avc1.42c01e,mp4a.40.2\",RESOLUTION=64x36,FRAME-RATE=20,AUDIO=\"a\"\nvideo.m3u8\n"+
			"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9000,CODECS=\"avc1.42c01e\",RESOLUTION=64x36,URI=\"iframes.m3u8\"\n")
	case name == "iframes.m3u8":
		o.write(w, r, o.iframes())
	case strings.HasSuffix(name, ".m3u8"):
		o.playlist(w, r, strings.TrimSuffix(name, ".m3u8"))
	default:
		o.media(w, name)
	}
}

func (o *origin) write(w http.ResponseWriter, r *http.Request, text string) {
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	if asked := r.Header.Get("Accept-Encoding") == "gzip"; (asked || o.forced) && !o.plain {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return
	}
	_, _ = w.Write([]byte(text))
}

// playlist answers as §6.2.5 asks, if nothing is switched on.
func (o *origin) playlist(w http.ResponseWriter, r *http.Request, name string) {
	q := r.URL.Query()
	msn, err := strconv.Atoi(q.Get("_HLS_msn"))
	blocking := err == nil
	part, err := strconv.Atoi(q.Get("_HLS_part"))
	want := msn*4 + part + 1
	if err != nil {
		want = msn*4 + 4
	}
	switch {
	case o.anything || !blocking && err != nil:
	case !blocking || want > o.parts()+9 || part > 12:
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	default:
		o.await(want)
	}
	now := o.parts()
	if blocking && !o.anything {
		now = max(now, want) // and no later part: caches keep this answer
	}
	o.write(w, r, o.text(name, now, q.Get("_HLS_skip") != ""))
}

// text is the playlist when so many parts exist.
func (o *origin) text(name string, parts int, delta bool) string {
	var b strings.Builder
	open := parts / 4
	first := open - originHistory
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.25\n"+
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,PART-HOLD-BACK=0.75\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
	if delta && !o.delta {
		first += originHistory - 6
		fmt.Fprintf(&b, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%d\n", originHistory-6)
	} else {
		fmt.Fprintf(&b, "#EXT-X-MAP:URI=\"%s/init.mp4\"\n", name)
	}
	for msn := first; msn <= open; msn++ {
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", o.start.Add(time.Duration(msn)*time.Second).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		for n := range min(4, parts-4*msn) {
			if msn < open-3 {
				break
			}
			independent := ""
			if n == 0 || name == "audio" {
				independent = ",INDEPENDENT=YES"
			}
			fmt.Fprintf(&b, "#EXT-X-PART:DURATION=0.25,URI=\"%s/%d.%d.m4s\"%s\n", name, msn, n, independent)
		}
		if msn < open {
			fmt.Fprintf(&b, "#EXTINF:1.0,\n%s/%d.m4s\n", name, msn)
		}
	}
	other := map[string]string{"video": "audio", "audio": "video"}[name]
	last := parts - 1
	fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s/%d.%d.m4s\"\n", name, parts/4, parts%4)
	fmt.Fprintf(&b, "#EXT-X-RENDITION-REPORT:URI=\"%s.m3u8\",LAST-MSN=%d,LAST-PART=%d\n", other, last/4, last%4)
	return b.String()
}

// iframes is the playlist of the first frame of each segment.
func (o *origin) iframes() string {
	var b strings.Builder
	open := o.parts() / 4
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-I-FRAMES-ONLY\n"+
		"#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-MAP:URI=\"video/init.mp4\"\n", open-originHistory)
	for msn := open - originHistory; msn < open; msn++ {
		frame := len(originFragment("video", msn, 0)) - 4*testSize // without the other samples
		fmt.Fprintf(&b, "#EXTINF:1.0,\n#EXT-X-BYTERANGE:%d@0\nvideo/%d.m4s\n", frame, msn)
	}
	return b.String()
}

// media serves rendition/init.mp4, rendition/MSN.m4s and rendition/MSN.PART.m4s.
func (o *origin) media(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "video/mp4")
	rendition, file, _ := strings.Cut(path, "/")
	if file == "init.mp4" {
		init := map[string][]byte{"video": videoInit, "audio": audioInit}[rendition]
		_, _ = w.Write(init)
		return
	}
	fields := strings.Split(file, ".")
	msn, _ := strconv.Atoi(fields[0])
	if len(fields) == 2 {
		if o.lost {
			http.Error(w, "lost", http.StatusNotFound)
			return
		}
		for n := range 4 {
			_, _ = w.Write(originFragment(rendition, msn, n))
		}
		return
	}
	n, _ := strconv.Atoi(fields[1])
	if o.unhinted && msn*4+n >= o.parts() {
		http.Error(w, "not yet", http.StatusNotFound)
		return
	}
	body := originFragment(rendition, msn, n)
	if o.trickle && msn*4+n >= o.parts() {
		_, _ = w.Write(body[:10])
		_ = http.NewResponseController(w).Flush()
		body = body[10:]
	}
	o.await(msn*4 + n + 1)
	_, _ = w.Write(body)
}

func originFragment(rendition string, msn, n int) []byte {
	run := testRun{track: 1, time: uint32(msn*1000 + n*250), samples: 5, duration: 50, keyframe: n == 0}
	if rendition == "audio" {
		run.samples, run.duration, run.audio = 10, 25, true
	}
	return testFragment(uint32(msn*4+n+1), run)
}

func TestOriginMedia(t *testing.T) {
	init, err := parseInit(videoInit)
	if err != nil {
		t.Fatal(err)
	}
	fragments, err := parseFragments(bytes.Join([][]byte{originFragment("video", 3, 0), originFragment("video", 3, 1)}, nil), init)
	if err != nil || len(fragments) != 2 || fragments[1].Tracks[0].BaseTime != 3250 || !fragments[0].Tracks[0].FirstSync || fragments[1].Tracks[0].AnySync {
		t.Errorf("%+v, %v", fragments, err)
	}
}
