//go:build e2e && bench

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// TestBenchCDN prints one table: what viewers behind each product cost, and how late they
// are. `make bench-cdn` runs it; it takes about four minutes and wants a quiet machine.
func TestBenchCDN(t *testing.T) {
	s := start(t, "transcode.ladder=off", "hls.audio=muxed", "hls.part_duration=500ms")
	publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")
	pause(3 * time.Second)
	var results []edgeResult
	for _, product := range append([]string{""}, edgeProducts...) {
		for _, viewers := range []int{100, 1000, 2000} {
			results = append(results, edgeRun(t, s, product, viewers, 4*time.Second, 15*time.Second, 500*time.Millisecond))
			print(t, "%s", results[len(results)-1])
		}
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| cache\t| viewers\t| requests an object\t| hit ratio\t| part after the origin has it, p50, p99\t| added at p99\t| the same without a crowd: p50, p99\t| origin CPU\t| edge CPU\t|")
	fmt.Fprintln(w, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	direct := make(map[int]time.Duration)
	for _, r := range results {
		if r.edgeCPU == 0 {
			direct[r.viewers] = r.delay.p99
			fmt.Fprintf(w, "| %s\t| %d\t| -\t| -\t| %.1f, %.1f ms\t| -\t| %.1f, %.1f ms\t| %.3f s\t| -\t|\n",
				r.product, r.viewers, ms(r.delay.p50), ms(r.delay.p99), ms(r.quiet.p50), ms(r.quiet.p99), r.originCPU)
			continue
		}
		fmt.Fprintf(w, "| %s\t| %d\t| %.3f\t| %.2f%%\t| %.1f, %.1f ms\t| %.1f ms\t| %.1f, %.1f ms\t| %.3f s\t| %.3f s\t|\n",
			r.product, r.viewers, r.perObject, 100*r.hits, ms(r.delay.p50), ms(r.delay.p99), ms(r.delay.p99-direct[r.viewers]),
			ms(r.quiet.p50), ms(r.quiet.p99), r.originCPU, r.edgeCPU)
	}
	_ = w.Flush()
	fmt.Fprintf(os.Stdout, "\n%s\nCPU is of 1,000 viewer-seconds. %s\n", b.String(), time.Now().UTC().Format(time.DateOnly))
}
