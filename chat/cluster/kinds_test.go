package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redis/rueidis"
)

// TestRedisCluster runs on Redis Cluster: one node that has all slots.
func TestRedisCluster(t *testing.T) {
	t.Parallel()
	redis := startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "500")
	redis.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	wait(t, "a cluster", func() bool { return strings.Contains(redis.command("CLUSTER", "INFO"), "cluster_state:ok") })
	across(t, redis, redis.url()+"?cluster=true", true)
}

// TestSentinel asks a Sentinel for the server.
func TestSentinel(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	sentinel := &server{t: t, port: freePort(t), dir: t.TempDir()}
	file := filepath.Join(sentinel.dir, "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor show 127.0.0.1 %d 1\n", sentinel.port, redis.port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel.cmd = exec.Command("redis-server", file, "--sentinel")
	sentinel.run()
	t.Cleanup(sentinel.kill)
	across(t, redis, sentinel.url()+"?master=show", false)
}

// TestShards has rooms on two servers, of which one is lost.
func TestShards(t *testing.T) {
	t.Parallel()
	one, two := startRedis(t), startRedis(t)
	servers := []*server{one, two}
	a, b := startProcess(t, one.url()+" "+two.url()), startProcess(t, one.url()+" "+two.url())
	a.awaitSync()
	b.awaitSync()
	fanB, _ := b.join(nil)
	a.say("1")
	fanB.has("1")
	home := shard(show, 2)
	other := "chat:0"
	for i := 0; shard(other, 2) == home; i++ {
		other = fmt.Sprint("chat:", i)
	}
	servers[home].kill()
	a.say("2")
	if !a.Isolated(show) || a.Isolated(other) {
		t.Error("the wrong rooms are isolated")
	}
	servers[home].start()
	a.awaitSync()
	b.awaitSync()
	fanB.has("1", "2")
}

// across publishes between two processes, and through an outage without data.
func across(t *testing.T, redis *server, url string, cluster bool) {
	t.Helper()
	a, b := startProcess(t, url), startProcess(t, url)
	a.awaitSync()
	b.awaitSync()
	fanA, _ := a.join(nil)
	fanB, _ := b.join(nil)
	a.say("1")
	fanB.has("1")
	ping := a.Ask(t.Context(), "k", askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Set().Key(Prefix+".k").Value("1").Build())
	})
	if err := ping.Error(); err != nil {
		t.Error(err)
	}
	if got := redis.command("KEYS", Prefix+".stream.meta.*"); !strings.Contains(got, streamKeys(show, cluster)[0]) {
		t.Errorf("keys are %s", got)
	}
	if !cluster { // which takes seconds to find itself again
		redis.kill()
		redis.lose()
	}
	a.say("2")
	if !cluster {
		redis.start()
		a.awaitSync()
		b.awaitSync()
	}
	b.say("3")
	fanA.has("1", "2", "3")
	fanB.has("1", "2", "3")
	if got := b.kept(); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("history is %v", got)
	}
}

// command asks the server by itself.
func (s *server) command(words ...string) string {
	s.t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{strings.TrimPrefix(s.url(), "redis://")}, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	result := client.Do(context.Background(), client.B().Arbitrary(words...).Build())
	if text, err := result.ToString(); err == nil {
		return text
	}
	m, err := result.ToMessage()
	if err != nil {
		s.t.Fatalf("%v: %v", words, err)
	}
	return m.String()
}
