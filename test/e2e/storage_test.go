//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/s3test"
)

// bucket is a real S3 server behind a proxy that injects faults.
type bucket struct {
	*s3test.Server
	proxy *s3test.FaultProxy
	store *objectstore.S3 // around the proxy
}

func startBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{Server: s3test.Start(t)}
	b.proxy = s3test.Proxy(t, b.Endpoint)
	var err error
	b.store, err = objectstore.NewS3(t.Context(), objectstore.S3Config{
		Endpoint: b.Endpoint, Bucket: b.Bucket, Prefix: "shows", AccessKey: b.AccessKey, SecretKey: setting.Secret(b.SecretKey), PathStyle: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.store.Close)
	return b
}

// sets is the configuration of a server that publishes there.
func (b *bucket) sets(more ...string) []string {
	return append([]string{
		"storage.s3.endpoint=" + b.proxy.URL, "storage.s3.bucket=" + b.Bucket, "storage.s3.prefix=shows",
		"storage.s3.access_key=" + b.AccessKey, "storage.s3.secret_key=" + b.SecretKey, "storage.s3.path_style=true",
		"transcode.ladder=off", "api.token=" + apiToken,
	}, more...)
}

const apiToken = "a-token-for-tests"

func (b *bucket) get(t *testing.T, key string) (string, error) {
	t.Helper()
	r, _, err := b.store.Get(t.Context(), key, objectstore.Range{})
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

// site serves the bucket as a CDN would: nothing but its objects.
func (b *bucket) site(t *testing.T) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.URL.Path, "/")
		object, _, err := b.store.Get(r.Context(), key, objectstore.Range{})
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer object.Close()
		body, err := io.ReadAll(object)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if a, err := b.store.Attributes(r.Context(), key); err == nil {
			w.Header().Set("Content-Type", a.ContentType)
			w.Header().Set("Cache-Control", a.CacheControl)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}))
	t.Cleanup(site.Close)
	return site.URL
}

// segments are the URIs of segments that a playlist lists, gaps apart.
func segments(playlist string) (uris []string, gaps int) {
	gap := false
	for line := range strings.Lines(playlist) {
		switch line = strings.TrimSpace(line); {
		case line == "#EXT-X-GAP":
			gap = true
			gaps++
		case strings.HasPrefix(line, "#") || line == "":
		case gap:
			gap = false
		default:
			uris = append(uris, line)
		}
	}
	return uris, gaps
}

// complete checks that everything that the bucket's playlists list is there.
func (b *bucket) complete(t *testing.T, stream string) {
	t.Helper()
	for _, name := range []string{"source", "audio"} {
		text, err := b.get(t, "live/"+stream+"/"+name+".m3u8")
		if err != nil {
			t.Error(err)
			continue
		}
		uris, _ := segments(text)
		for line := range strings.Lines(text) {
			if _, uri, ok := strings.Cut(line, `#EXT-X-MAP:URI="`); ok {
				uris = append(uris, strings.TrimSuffix(strings.TrimSpace(uri), `"`))
			}
		}
		for _, uri := range uris {
			if _, err := b.get(t, "live/"+stream+"/"+uri); err != nil {
				t.Errorf("%s lists %s: %v", name, uri, err)
			}
		}
	}
}

// caughtUp waits until the bucket lists all that the server lists, but for gaps.
func (b *bucket) caughtUp(t *testing.T, s *server) {
	t.Helper()
	var missing []string
	deadline := time.Now().Add(patience)
	for {
		_, live := s.get(t, "/live/show/source.m3u8")
		want, _ := segments(live)
		text, _ := b.get(t, "live/show/source.m3u8")
		got, _ := segments(text)
		missing = missing[:0]
		for _, uri := range want {
			if !slices.Contains(got, uri) {
				missing = append(missing, uri)
			}
		}
		if len(missing) <= 1 && len(got) > 0 { // the one that closes just now
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the bucket still lacks %v", missing)
		}
		pause(200 * time.Millisecond)
	}
}

// What lies in the bucket is by itself a stream that a CDN can serve, and what it
// takes to get there.
func TestBucketIsPlayableByItself(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("record.default=on", "publish.reconnect=2s")...)
	stop := publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	eventually(t, "the bucket has a multivariant playlist", func() bool {
		_, err := b.get(t, "live/show/index.m3u8")
		return err == nil
	})
	b.caughtUp(t, s)
	site, page := b.site(t), servePlayers(t)
	v := watch(t, map[string]any{"url": page + "/browser/hls.html?src=" + site + "/live/show/index.m3u8"})
	v.playing()
	v.sees(90)
	v.end()
	b.complete(t, "show")
	count := s.metric(t, `lightstick_storage_lag_seconds_count{storage="s3"}`)
	print(t, "publish lag of %.0f segments: mean %.0f ms, p50 below %s s, p99 below %s s", count,
		1000*s.metric(t, `lightstick_storage_lag_seconds_sum{storage="s3"}`)/count, s.quantile(t, 50), s.quantile(t, 99))

	// When it is over it stays, as VOD, without the server.
	stop()
	eventually(t, "the playlists in the bucket have ended", func() bool {
		text, err := b.get(t, "live/show/source.m3u8")
		return err == nil && strings.Contains(text, "#EXT-X-ENDLIST") && strings.Contains(text, "PLAYLIST-TYPE:VOD")
	})
	s.stop(t)
	b.complete(t, "show")
	v = watch(t, map[string]any{"url": page + "/browser/hls.html?src=" + site + "/live/show/index.m3u8"})
	v.playing()
	v.sees(30)
	v.end()
}

// quantile is a bound of the histogram of publish lag below which so many per cent
// are.
func (s *server) quantile(t *testing.T, percent float64) string {
	t.Helper()
	_, text := s.get(t, "/metrics")
	total := s.metric(t, `lightstick_storage_lag_seconds_count{storage="s3"}`)
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, `lightstick_storage_lag_seconds_bucket{storage="s3",le="`)
		if !ok {
			continue
		}
		var n float64
		bound, count, _ := strings.Cut(rest, `"} `)
		if _, err := fmt.Sscan(count, &n); err == nil && n >= total*percent/100 {
			return bound
		}
	}
	return "?"
}

// Faults of the storage cost nothing: neither the viewers nor the bucket.
func TestStorageFaults(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("hls.dvr=10m")...)
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	b.caughtUp(t, s)
	for name, fault := range map[string]s3test.Fault{
		"503": s3test.SlowDown, "500": s3test.InternalError, "reset before": s3test.ResetBefore, "reset after": s3test.ResetAfter,
		"stall": s3test.Stall, "slow": {Bandwidth: 20_000, Latency: 300 * time.Millisecond},
	} {
		b.proxy.Set(fault)
		pause(2 * time.Second) // some segments meet it
		b.complete(t, "show")
		b.proxy.Set(s3test.Fault{})
		begun := time.Now()
		b.caughtUp(t, s)
		print(t, "%s: caught up %.1f s after it", name, time.Since(begun).Seconds())
	}
	// The server itself dies and comes back.
	b.Stop()
	pause(2 * time.Second)
	if code, _ := s.get(t, "/live/show/index.m3u8"); code != http.StatusOK {
		t.Errorf("live answers %d without its storage", code)
	}
	b.Restart()
	b.caughtUp(t, s)
	b.complete(t, "show")
	if lost := s.metric(t, `lightstick_storage_lost_segments_total{storage="s3"}`); lost != 0 {
		t.Errorf("%v segments were lost", lost)
	}
	if n := strings.Count(s.log.String(), "storage can't be written to"); n > 10 {
		t.Errorf("%d lines about it in the log", n)
	}
}

// Lightstick is killed while its storage is away: after both are back nothing that
// was listed is missing, live or in the bucket, and viewers go on.
func TestKilledWithASlowStorage(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("hls.dvr=10m")...)
	clip := cardFile(t, "640x360", 20)
	publish := []string{"-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://" + s.rtmp + "/live/show"}
	push(t, publish...)
	s.live(t, "show")
	b.caughtUp(t, s)
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/show"})
	v.playing()
	b.proxy.Set(s3test.SlowDown)
	pause(4 * time.Second) // segments queue up
	_, before := s.get(t, "/live/show/source.m3u8")
	s.kill()
	begun := time.Now()
	s.run(t)
	back := time.Since(begun)
	_, after := s.get(t, "/live/show/source.m3u8")
	listed, _ := segments(before)
	again, gaps := segments(after)
	if !slices.Equal(listed, again[:min(len(listed), len(again))]) || gaps > 1 || len(again) > len(listed)+1 {
		t.Errorf("listed before\n%v\nand after it was killed, with %d gaps,\n%v", listed, gaps, again)
	}
	for _, uri := range again {
		if code, _ := s.get(t, "/live/show/"+uri); code != http.StatusOK {
			t.Errorf("%s: %d", uri, code)
		}
	}
	push(t, publish...)
	v.sees(1)
	print(t, "ready %.2f s after it was started again, the picture moves after %.1f s", back.Seconds(), time.Since(begun).Seconds())
	b.proxy.Set(s3test.Fault{})
	b.caughtUp(t, s)
	b.complete(t, "show")
	v.sees(60)
	v.end()
}

// Another node, with nothing on its disk, serves what is in the bucket.
func TestAnotherNodeServesFromTheBucket(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("record.default=on", "publish.reconnect=1s")...)
	stop := publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	s.lists(t, "show", 4)
	stop()
	var recordings []struct {
		ID   string `json:"id"`
		Size int    `json:"size"`
	}
	eventually(t, "there is a recording", func() bool {
		return json.Unmarshal(s.api(t, "GET", "/recordings", ""), &recordings) == nil && len(recordings) == 1
	})
	base := "live/show/recordings/" + recordings[0].ID + "/"
	eventually(t, "the recording is in the bucket", func() bool {
		_, err := b.get(t, base+"index.m3u8")
		return err == nil
	})
	other := start(t, b.sets()...)
	for _, where := range []string{"/live/show/", "/" + base} {
		code, text := other.get(t, where+"source.m3u8")
		uris, _ := segments(text)
		if code != http.StatusOK || len(uris) < 3 {
			t.Fatalf("%s: %d\n%s", where, code, text)
		}
		for _, uri := range uris {
			if code, body := other.get(t, path.Join(where, uri)); code != http.StatusOK || len(body) < 1000 {
				t.Errorf("%s: %d, %d bytes", uri, code, len(body))
			}
		}
	}
	code, text := other.get(t, "/"+base+"index.m3u8?start="+startOf(t, other, base))
	if code != http.StatusOK || !strings.Contains(text, "?start=") {
		t.Errorf("a clip of it: %d %s", code, text)
	}
	// Deletion removes every object.
	s.api(t, "DELETE", "/recordings/"+recordings[0].ID, "")
	eventually(t, "nothing is left in the bucket", func() bool {
		for info, err := range b.store.List(t.Context(), "live/") {
			if err == nil && info.Key != "" {
				return false
			}
		}
		return true
	})
	s.stop(t) // it asks the bucket for things of its own
	before, begun := b.proxy.Requests(), time.Now()
	for range 20 {
		if code, _ := other.get(t, "/live/show/nothing/source/0.m4s"); code != http.StatusNotFound {
			t.Errorf("%d for what isn't there", code)
		}
	}
	// A refusal is remembered for a second.
	if asked := b.proxy.Requests() - before; asked > 5+int(time.Since(begun)/time.Second) {
		t.Errorf("the bucket was asked %d times for the same that isn't there", asked)
	}
}

func startOf(t *testing.T, s *server, base string) string {
	t.Helper()
	var r struct {
		Start time.Time `json:"start"`
	}
	_, text := s.get(t, "/"+base+"recording.json")
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return r.Start.Add(3 * time.Second).Format("2006-01-02T15:04:05.000Z")
}

// api asks the REST API and returns the body of its answer.
func (s *server) api(t *testing.T, method, path, body string) []byte {
	t.Helper()
	status, text := s.request(t, method, path, body)
	if status >= 300 {
		t.Logf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// request asks the API and tells the status too.
func (s *server) request(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.http+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text
}

// Whatever is wrong with the storage, live goes on, and the log names what to change.
func TestStorageMisconfigured(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	if err := b.store.Put(t.Context(), "theirs.txt", strings.NewReader("not ours"), objectstore.Attributes{}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		sets []string
		want string
	}{
		"access key": {[]string{"storage.s3.access_key=nobody"}, "storage.s3.access_key"},
		"secret key": {[]string{"storage.s3.secret_key=wrong"}, "storage.s3.secret_key"},
		"bucket":     {[]string{"storage.s3.bucket=not-there"}, "storage.s3.bucket"},
		"foreign":    {nil, "storage.s3.prefix"},
		"endpoint":   {[]string{"storage.s3.endpoint=http://127.0.0.1:1"}, "storage.s3.endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, b.sets(tt.sets...)...)
			publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
			s.live(t, "show")
			eventually(t, "the log names "+tt.want, func() bool { return strings.Contains(s.log.String(), tt.want+":") })
			if code, _ := s.get(t, "/live/show/index.m3u8"); code != http.StatusOK {
				t.Errorf("live answers %d", code)
			}
			if strings.Contains(s.log.String(), b.SecretKey) {
				t.Error("the secret is in the log")
			}
		})
	}
	t.Cleanup(func() { // after the parallel ones
		for info, err := range b.store.List(context.Background(), "live/") {
			if err == nil {
				t.Errorf("%s was written beside foreign objects", info.Key)
			}
		}
	})
}

// A mirror that is dead slows neither the viewers nor the storage that is not.
func TestDeadMirrorSlowsNobody(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("storage.mirrors=osaka=http://key:secret@127.0.0.1:1/bucket?path_style=true", "hls.dvr=10m")...)
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	eventually(t, "the mirror is known to fail", func() bool { return s.metric(t, `lightstick_storage_failing{storage="osaka"}`) == 1 })
	s.lists(t, "show", 4)
	b.caughtUp(t, s) // while it fails
	if s.metric(t, `lightstick_storage_failing{storage="s3"}`) != 0 || s.metric(t, `lightstick_storage_failing{storage="osaka"}`) != 1 {
		t.Error("the metrics don't tell the storages apart")
	}
	print(t, "a segment reaches the living storage after %.0f ms",
		1000*s.metric(t, `lightstick_storage_lag_seconds_sum{storage="s3"}`)/s.metric(t, `lightstick_storage_lag_seconds_count{storage="s3"}`))
}
