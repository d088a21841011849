//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/hls"
)

// A hundred low-latency viewers behind a cache cost the origin one request an object, and
// nobody gets a playlist that lacks what was asked for. `make bench-cdn` measures with
// thousands, on a machine that does nothing else.
func TestViewersBehindAnEdge(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "hls.audio=muxed", "hls.part_duration=500ms")
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	for _, product := range edgeProducts {
		r := edgeRun(t, s, product, 100, time.Second, 5*time.Second, 500*time.Millisecond)
		print(t, "%s", r)
		if r.perObject > 1.1 {
			t.Errorf("%s: %.3f requests an object", product, r.perObject)
		}
		if r.stale > 0 {
			t.Errorf("%s: %d stale playlists", product, r.stale)
		}
		if r.report.ErrorCount > 0 {
			t.Errorf("%s: %v", product, r.report.Errors)
		}
	}
}

// edgeResult is what a run of viewers behind an edge showed.
type edgeResult struct {
	product        string
	viewers        int
	report         hls.Report
	perObject      float64
	objects, plain int
	hits           float64 // share of requests that the origin did not see
	delay          delays  // of probes among the viewers, after the origin had the part
	quiet          delays  // the same after the viewers have left
	quietDirect    delays  // the same at the origin
	stale          int     // playlists that lacked what was asked for
	originCPU      float64 // seconds for 1,000 viewer-seconds
	edgeCPU        float64
}

func (r edgeResult) String() string {
	return fmt.Sprintf("%s, %d viewers: %.3f requests an object (%d objects), %d plain playlists; hits %.2f%%; "+
		"a part is there p50 %.1f ms, p99 %.1f ms after the origin has it, without these viewers %.1f, %.1f, without edge and viewers %.1f, %.1f; CPU a 1,000 viewer-seconds: origin %.3f s, edge %.3f s; stalls %d, errors %d, stale %d",
		r.product, r.viewers, r.perObject, r.objects, r.plain, 100*r.hits, ms(r.delay.p50), ms(r.delay.p99),
		ms(r.quiet.p50), ms(r.quiet.p99), ms(r.quietDirect.p50), ms(r.quietDirect.p99),
		r.originCPU, r.edgeCPU, r.report.Stalls, r.report.ErrorCount, r.stale)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// edgeRun plays a stream to viewers behind a product, while probes ask for each part both
// there and at the origin.
func edgeRun(t testing.TB, s *server, product string, viewers int, ramp, duration, part time.Duration) edgeResult {
	t.Helper()
	count := countRequests(t, s.http)
	watched, edgeCPU := s.http, func() time.Duration { return 0 }
	if product != "" {
		edge := startEdge(t, product, count.addr, "--part-duration", part.String(), "--access-log", "off")
		watched, edgeCPU = edge.addr, func() time.Duration { return edge.cpu(t) }
		count.reset()
	}
	r := edgeResult{product: cmp.Or(product, "no edge"), viewers: viewers}
	ctx, cancel := context.WithTimeout(t.Context(), ramp+duration+time.Minute)
	defer cancel()
	originBefore, edgeBefore := treeCPU(t, s.cmd.Process.Pid), edgeCPU()
	var probing sync.WaitGroup
	probing.Go(func() {
		r.delay, r.stale = probeParts(ctx, t, s.http, watched, ramp+time.Second, duration-2*time.Second)
	})
	out, err := exec.CommandContext(ctx, binary, "loadtest", "hls", "--url", "http://"+watched+"/live/show/index.m3u8", "--gzip",
		"--viewers", strconv.Itoa(viewers), "--ramp", ramp.String(), "--duration", duration.String(), "--json", "-", "--allow-errors", "1000000").Output()
	probing.Wait()
	if jsonErr := json.Unmarshal(out, &r.report); err != nil || jsonErr != nil {
		t.Fatalf("%s: %v, %v: %s", product, err, jsonErr, out)
	}
	seconds := r.report.ViewerSeconds + float64(viewers)*ramp.Seconds()/2
	r.originCPU = (treeCPU(t, s.cmd.Process.Pid) - originBefore).Seconds() * 1000 / seconds
	r.edgeCPU = (edgeCPU() - edgeBefore).Seconds() * 1000 / seconds
	r.perObject, r.objects, r.plain = count.perObject()
	if r.perObject > 1.1 {
		t.Logf("asked more than once:%s", count.repeated())
	}
	sent := float64(count.sum)
	stale := 0
	probing.Go(func() { r.quiet, stale = probeParts(ctx, t, s.http, watched, 0, 3*time.Second) })
	probing.Go(func() { r.quietDirect, _ = probeParts(ctx, t, s.http, s.http, 0, 3*time.Second) })
	probing.Wait()
	r.stale += stale
	r.hits = 1 - sent/float64(r.report.Playlists+r.report.Media)
	return r
}

// delays are quantiles of how much later than the first probe others had a playlist.
type delays struct{ p50, p99 time.Duration }

func quantiles(d []time.Duration) delays {
	if len(d) == 0 {
		return delays{}
	}
	slices.Sort(d)
	return delays{d[len(d)/2], d[min(len(d)-1, len(d)*99/100)]}
}

var (
	hintRule = regexp.MustCompile(`PRELOAD-HINT:TYPE=PART,URI="[^"]*/(\d+)\.(\d+)\.m4s"`)
	partRule = regexp.MustCompile(`PART:[^\n]*URI="[^"]*/(\d+)\.(\d+)\.m4s"`)
)

// probeParts asks for each next part's playlist, at the origin by one request that tells
// when it came, and by probes among the viewers.
func probeParts(ctx context.Context, t testing.TB, origin, watched string, after, duration time.Duration) (behind delays, stale int) {
	const probes = 25
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * probes}, Timeout: patience}
	get := func(address, query string) (time.Time, []byte) {
		answer, err := client.Get("http://" + address + "/live/show/source.m3u8" + query)
		if err != nil {
			t.Errorf("probe: %v", err)
			return time.Now(), nil
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return time.Now(), body
	}
	pause(after)
	_, playlist := get(origin, "")
	var late []time.Duration
	for end := time.Now().Add(duration); time.Now().Before(end) && ctx.Err() == nil; {
		next := hintRule.FindSubmatch(playlist)
		if next == nil {
			t.Errorf("probe: no hint in %q", playlist)
			break
		}
		query := fmt.Sprintf("?_HLS_msn=%s&_HLS_part=%s", next[1], next[2])
		arrivals, bodies := make([]time.Time, probes), make([][]byte, probes)
		var first time.Time
		var group sync.WaitGroup
		group.Go(func() { first, playlist = get(origin, query) })
		for i := range probes {
			group.Go(func() { arrivals[i], bodies[i] = get(watched, query) })
		}
		group.Wait()
		for i, at := range arrivals {
			late = append(late, max(at.Sub(first), 0))
			if !has(bodies[i], next[1], next[2]) {
				stale++
			}
		}
	}
	return quantiles(late), stale
}

// has reports whether a playlist lists a part, or one after it.
func has(playlist []byte, msn, part []byte) bool {
	parts := partRule.FindAllSubmatch(playlist, -1)
	if len(parts) == 0 {
		return false
	}
	last := parts[len(parts)-1]
	number := func(b []byte) int { n, _ := strconv.Atoi(string(b)); return n }
	return number(last[1]) > number(msn) || bytes.Equal(last[1], msn) && number(last[2]) >= number(part)
}

// Tickets hold at edges that ask the origin: one screen each, and nothing without. The
// origin itself talks to nobody but them.
func TestTicketsAtEdges(t *testing.T) {
	t.Parallel()
	s := start(t, "transcode.ladder=off", "playback.auth=edge", "cdn.secret="+stubSecret, "http.trusted_proxies=loopback", "api.token="+apiToken)
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	for _, product := range edgeProducts {
		edge := startEdge(t, product, s.http, "--verify", "origin")
		eventually(t, "the stream is live", func() bool {
			_, _, body := edge.ask(t, "GET", "/live/show/status.json")
			return strings.Contains(body, `"state":"live"`)
		})
		var ticket pass
		request := fmt.Sprintf(`{"for":"1h","screens":1,"sid":%q}`, product)
		if err := json.Unmarshal(s.api(t, "POST", "/streams/show/playback-tokens", request), &ticket); err != nil {
			t.Fatal(err)
		}
		address := "http://" + edge.addr + "/live/show/index.m3u8?token=" + ticket.Token
		if out, err := ffmpeg(t, "-i", address, "-t", "2", "-f", "null", "-"); err != nil {
			t.Errorf("%s: FFmpeg with a ticket: %v %s", product, err, out)
		}
		if code, h, _ := edge.ask(t, "GET", "/live/show/index.m3u8?token="+ticket.Token); code != http.StatusForbidden || h.Get("X-Playback-Refusal") != "screens" {
			t.Errorf("%s: a second screen: %d %v", product, code, h)
		}
		for uri, want := range map[string]int{
			"/live/show/index.m3u8": 401, "/live/show/source.m3u8": 401, "/t/rubbish/live/show/source.m3u8": 401, "/live/show/index.m3u8?token=rubbish": 401,
			"/live/show/status.json": 200, "/playback/authorize": 404, "/watch/show": 200,
		} {
			code, h, _ := edge.ask(t, "GET", uri)
			if code != want || want == 401 && h.Get("X-Playback-Refusal") == "" {
				t.Errorf("%s %s: %d %v", product, uri, code, h)
			}
		}
	}
	if code, _ := s.get(t, "/live/show/index.m3u8"); code != http.StatusForbidden {
		t.Errorf("past the edges: %d", code)
	}
}
