//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/globalfandom/lightstick/deploy/deploytest"
	"github.com/globalfandom/lightstick/internal/logtest"
)

// stack is docker-compose.yml without containers: the commands, environments,
// mounted files and health checks of its services, with ports and directories of
// the test instead of a container's.
type stack struct {
	t       *testing.T
	project *types.Project
	dir     string
	local   *strings.Replacer // "s3:7070" to "127.0.0.1:PORT"
	ports   map[string]int
}

// services are those with a port that the test starts, and the port.
var services = map[string]int{"lightstick": 8080, "s3": 7070, "redis": 6379, "prometheus": 9090, "pyroscope": 4040, "edge": 8080}

func newStack(t *testing.T) *stack {
	s := &stack{t: t, project: deploytest.Load(t, deploytest.EnvFile(t)), dir: t.TempDir(), ports: map[string]int{}}
	var pairs []string
	for name, port := range services {
		s.ports[name] = freePort(t)
		pairs = append(pairs, fmt.Sprintf("%s:%d", name, port), s.at(name))
	}
	s.ports["admin"] = freePort(t) // of lightstick, in the network that it shares with Prometheus
	for _, host := range []string{"lightstick", s.project.Services["lightstick"].Networks["metrics"].Ipv4Address} {
		pairs = append(pairs, host+":9090", s.at("admin"))
	}
	s.local = strings.NewReplacer(pairs...)
	return s
}

func (s *stack) at(name string) string { return fmt.Sprintf("127.0.0.1:%d", s.ports[name]) }

func (s *stack) service(name string) types.ServiceConfig { return s.project.Services[name] }

func (s *stack) environment(name string) []string {
	environ := []string{"PATH=" + os.Getenv("PATH")}
	if name == "lightstick" {
		environ = append(environ, "LIGHTSTICK_HTTP_LISTEN="+s.at(name)) // a container has all of 8080
	}
	for _, entry := range deploytest.Environment(s.service(name)) {
		environ = append(environ, s.local.Replace(entry))
	}
	return environ
}

// start runs a service until the test ends.
func (s *stack) start(name string, argv ...string) {
	s.t.Helper()
	cmd, out := exec.Command(argv[0], argv[1:]...), &logtest.Buffer{}
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.environment(name), s.dir, out, out
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("%s: %v; scripts/install.sh installs it", name, err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if s.t.Failed() {
			s.t.Logf("%s said:\n%s", name, out)
		}
	})
}

// healthy waits until a service's own health check says so, with words of it replaced;
// a zero byte divides arguments.
func (s *stack) healthy(name string, replace ...string) {
	s.t.Helper()
	test := s.service(name).HealthCheck.Test
	replace = append(replace, fmt.Sprintf("127.0.0.1:%d", services[name]), s.at(name), "lightstick", mustAbs(s.t, binary))
	local := strings.NewReplacer(replace...)
	eventually(s.t, name+" is healthy", func() bool {
		if slices.Contains(test, "wget") { // images have it, machines may not
			answer, err := http.Get(local.Replace(test[len(test)-1]))
			if err != nil {
				return false
			}
			_ = answer.Body.Close()
			return answer.StatusCode == http.StatusOK
		}
		argv := append([]string{"sh", "-c"}, test[1:]...)
		if test[0] == "CMD" {
			argv = test[1:]
		}
		argv = strings.Split(local.Replace(strings.Join(argv, "\x00")), "\x00")
		cmd := exec.CommandContext(s.t.Context(), argv[0], argv[1:]...)
		cmd.Env = s.environment(name)
		return cmd.Run() == nil
	})
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// copyOf is a mounted file with the addresses of this test.
func (s *stack) copyOf(name string, local *strings.Replacer) string {
	s.t.Helper()
	file := filepath.Join(s.dir, filepath.Base(name))
	if err := os.WriteFile(file, []byte(local.Replace(deploytest.Read(s.t, name))), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return file
}

func (s *stack) startStorage() {
	s.t.Helper()
	within := strings.NewReplacer("/data", filepath.Join(s.dir, "s3"), ":7070", s.at("s3"))
	bucket := s.service("s3-bucket").Entrypoint
	if out, err := exec.Command(bucket[0], within.Replace(bucket[1]), within.Replace(bucket[2])).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	argv := []string{mustAbs(s.t, "../../.tools/bin/versitygw")}
	for _, argument := range s.service("s3").Command {
		argv = append(argv, within.Replace(argument))
	}
	s.start("s3", argv...)
	s.healthy("s3")
}

func (s *stack) startRedis() {
	s.t.Helper()
	file := filepath.Join(deploytest.Root(s.t), "deploy", "redis", "redis.conf")
	argv := slices.Clone(s.service("redis").Command)
	argv[2] = strings.ReplaceAll(argv[2], "/etc/redis.conf", fmt.Sprintf("%s --port %d", file, s.ports["redis"]))
	argv[2] = strings.ReplaceAll(argv[2], "$$", "$")
	s.start("redis", argv...)
	s.healthy("redis", "redis-cli", fmt.Sprintf("redis-cli -p %d", s.ports["redis"]))
}

// startEdge does what the image's entrypoint does, whose user is not root: no jail.
func (s *stack) startEdge() {
	s.t.Helper()
	config := s.copyOf("deploy/varnish/default.vcl", strings.NewReplacer(
		`.host = "lightstick"`, `.host = "127.0.0.1"`, `.port = "8080"`, fmt.Sprintf(`.port = "%d"`, s.ports["lightstick"])))
	dir := filepath.Join(s.dir, "varnishd")
	s.start("edge", append([]string{
		"varnishd", "-j", "none", "-F", "-n", dir, "-f", config, "-a", "http=" + s.at("edge") + ",HTTP",
		"-p", "feature=+http2", "-s", "malloc," + *s.service("edge").Environment["VARNISH_SIZE"],
	}, s.service("edge").Command...)...)
	s.healthy("edge", "varnishadm", "varnishadm\x00-n\x00"+dir)
}

func (s *stack) startPrometheus() {
	s.t.Helper()
	s.copyOf("deploy/prometheus/alerts.yml", strings.NewReplacer())
	s.copyOf("deploy/prometheus/prometheus.yml", s.local)
	within := strings.NewReplacer("=/etc/prometheus", "="+s.dir, "=/prometheus", "="+filepath.Join(s.dir, "tsdb"))
	argv := []string{"prometheus", "--web.listen-address=" + s.at("prometheus")}
	for _, argument := range s.service("prometheus").Command {
		argv = append(argv, within.Replace(argument))
	}
	s.start("prometheus", argv...)
	s.healthy("prometheus")
}

// startLightstick runs the server with the environment of its service.
func (s *stack) startLightstick() *server {
	s.t.Helper()
	for _, entry := range s.environment("lightstick") {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "LIGHTSTICK_") {
			s.t.Setenv(name, value)
		}
	}
	l := prepare(s.t, "publish.open=false", "transcode.ladder=180p", "http.listen="+s.at("lightstick"), "admin.listen="+s.at("admin"),
		"cost.budget_per_hour=50USD", "steering.pathways=edge=http://"+s.at("edge"))
	l.http = s.at("lightstick")
	l.run(s.t)
	s.t.Cleanup(func() { l.stop(s.t) })
	return l
}

// profiles counts what Pyroscope would get.
func (s *stack) startPyroscope() *atomic.Int64 {
	s.t.Helper()
	var profiles atomic.Int64
	sink := &http.Server{Addr: s.at("pyroscope"), ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err == nil && n > 0 && r.Method == http.MethodPost && r.URL.Path == "/ingest" &&
			strings.HasPrefix(r.URL.Query().Get("name"), "lightstick") {
			profiles.Add(1)
		}
	})}
	go func() { _ = sink.ListenAndServe() }()
	s.t.Cleanup(func() { _ = sink.Close() })
	return &profiles
}
