package shared

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/cluster/envelope"
	"github.com/globalfandom/lightstick/internal/redis"
)

// startRedis starts a server that ends with the test, and returns its URL.
func startRedis(t *testing.T) redis.Servers {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; scripts/install.sh redis-server installs it", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	servers, err := redis.Parse("redis://127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// TestScriptHasTheRule asks Redis which of two versions it keeps: that which all processes
// keep, in whichever order they come.
func TestScriptHasTheRule(t *testing.T) {
	node, err := centrifuge.New(centrifuge.Config{Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(node, startRedis(t), cluster.Handlers{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := NewSet(c, "book", func(json.RawMessage) {})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	ask := func(timeout time.Duration, command func(context.Context, rueidis.Client) rueidis.RedisResult) rueidis.RedisResult {
		t.Helper()
		for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) { // the link may be broken, or not yet be there
			result := s.ask(t.Context(), timeout, command)
			if err := result.NonRedisError(); err == nil {
				return result
			} else if time.Since(begun) > chattest.Patience {
				t.Fatal(err)
			}
		}
	}
	var versions []envelope.Version
	for _, number := range []int64{1, 2, 1_800_000_000_123} {
		for _, at := range []int64{1_800_000_000_123_000, 1_800_000_000_123_001} {
			for _, by := range []string{envelope.Digest(nil), envelope.Digest([]byte("1")), "0b7a5d2e-77b3-4a2c-9d55-2f6b1f8f0f11"} {
				versions = append(versions, envelope.Version{Number: number, At: at, By: by})
			}
		}
	}
	for i, one := range versions {
		for j, two := range versions {
			key, want := strconv.Itoa(i)+"/"+strconv.Itoa(j), one
			if two.After(one) {
				want = two
			}
			for _, v := range []envelope.Version{one, two} {
				e := seal(key, 0, "1")
				e.Version = v
				data, _ := json.Marshal(e)
				ask(chattest.Patience, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
					return setScript.Exec(ctx, client, []string{s.key(), s.revision()}, scriptArguments(key, sealed{v, 0, data}))
				})
			}
			text, err := ask(chattest.Patience, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
				return client.Do(ctx, client.B().Hget().Key(s.key()).Field(key).Build())
			}).ToString()
			var got envelope.Envelope[json.RawMessage]
			if err != nil || json.Unmarshal([]byte(text), &got) != nil || got.Version != want {
				t.Errorf("of %+v and %+v redis keeps %s, %v", one, two, text, err)
			}
		}
	}
}
