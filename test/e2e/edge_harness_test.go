//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/logtest"
)

// edgeProducts are those that a test can run.
var edgeProducts = []string{"nginx", "varnish"}

// stubSecret is the origin's secret in tests.
const stubSecret = "s3cret-of-the-shield"

// edgeProcess is a running cache with a configuration that was printed for it.
type edgeProcess struct {
	product, addr, dir string
	cmd                *exec.Cmd
	log                *logtest.Buffer
}

// startEdge runs a product before an origin until the test ends.
func startEdge(t testing.TB, product, origin string, options ...string) *edgeProcess {
	t.Helper()
	return startEdgeAt(t, product, fmt.Sprintf("127.0.0.1:%d", freePort(t)), origin, options...)
}

// startEdgeAt does so at an address.
func startEdgeAt(t testing.TB, product, addr, origin string, options ...string) *edgeProcess {
	t.Helper()
	e := &edgeProcess{product: product, addr: addr, dir: t.TempDir(), log: &logtest.Buffer{}}
	args := append([]string{"cdn", "config", product, "--origin", origin, "--listen", e.addr}, options...)
	generate := exec.Command(binary, args...)
	generate.Env = append(os.Environ(), "LIGHTSTICK_CDN_SECRET="+stubSecret)
	text, err := generate.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	file := filepath.Join(e.dir, product+".conf")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	switch product {
	case "nginx":
		e.cmd = exec.Command("nginx", "-c", file, "-p", e.dir, "-g", "daemon off;")
	case "varnish":
		e.cmd = exec.Command("varnishd", "-j", "none", "-F", "-f", file, "-a", e.addr, "-n", filepath.Join(e.dir, "v"), "-s", "malloc,256m",
			"-p", "thread_pool_min=200", "-p", "thread_pool_max=4000", "-p", "listen_depth=4096")
	case "haproxy":
		e.cmd = exec.Command("haproxy", "-db", "-f", file)
	}
	e.cmd.Env = generate.Env
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	e.cmd.WaitDelay = 10 * time.Second // a process of its own may hold the pipes
	if err := e.cmd.Start(); err != nil {
		t.Fatalf("%v; make test installs it", err)
	}
	done := make(chan struct{})
	go func() { _ = e.cmd.Wait(); close(done) }()
	t.Cleanup(func() {
		_ = e.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = e.cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", product, e.log)
		}
	})
	eventually(t, product+" answers", func() bool {
		answer, err := http.Get("http://" + e.addr + "/healthz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return e
}

// kill ends the edge at once, with all its processes.
func (e *edgeProcess) kill(t testing.TB) {
	t.Helper()
	// The first process first: it would start others in place of those that end.
	pids := append([]int{e.cmd.Process.Pid}, children(e.cmd.Process.Pid)...)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// children are a process's children (Linux).
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// cpu is the processor time that the edge's processes have used.
func (e *edgeProcess) cpu(t testing.TB) time.Duration {
	t.Helper()
	return treeCPU(t, e.cmd.Process.Pid)
}

// treeCPU adds up a process and its children (Linux).
func treeCPU(t testing.TB, pid int) time.Duration {
	t.Helper()
	const tick = 10 * time.Millisecond // USER_HZ is 100 everywhere
	var sum time.Duration
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, rest, _ := strings.Cut(string(text), ") ")
		var user, system int64
		if fields := strings.Fields(rest); len(fields) > 12 {
			_, _ = fmt.Sscan(fields[11], &user)
			_, _ = fmt.Sscan(fields[12], &system)
		}
		sum += time.Duration(user+system) * tick
	}
	for _, child := range children(pid) {
		sum += treeCPU(t, child)
	}
	return sum
}

// tally counts the requests that reach an origin, by object: an address with its query
// for one encoding.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	sum    int
	addr   string
}

// countRequests stands between an edge and an origin.
func countRequests(t testing.TB, origin string) *tally {
	t.Helper()
	c := &tally{counts: make(map[string]int)}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: origin})
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	c.addr = serveStub(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.counts[r.URL.RequestURI()+" "+r.Header.Get("Accept-Encoding")]++
		c.sum++
		c.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	return c
}

// reset forgets what was counted.
func (c *tally) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts, c.sum = make(map[string]int), 0
}

// perObject is how many requests an object cost. A live playlist without a position is
// a new object each time that its time is over; it is counted apart.
func (c *tally) perObject() (requests float64, objects, plain int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := 0
	for key, n := range c.counts {
		if strings.Contains(key, ".m3u8") && !strings.Contains(key, "_HLS_msn") {
			plain += n
			continue
		}
		sum += n
		objects++
	}
	return float64(sum) / float64(max(objects, 1)), objects, plain
}

// repeated lists what was asked for more than once.
func (c *tally) repeated() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for key, n := range c.counts {
		if n > 1 {
			fmt.Fprintf(&b, "\n%3d %s", n, key)
		}
	}
	return b.String()
}
