package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// TestKeysOfCentrifuge compares what writeBack writes into an empty Redis with what
// centrifuge's own broker had written before. It fails when a release of centrifuge keeps
// rooms under other keys, in other types, or in another encoding.
func TestKeysOfCentrifuge(t *testing.T) {
	t.Parallel()
	t.Run("one server", func(t *testing.T) {
		t.Parallel()
		redis := startRedis(t)
		testKeys(t, redis, redis.url(), false)
	})
	t.Run("redis cluster", func(t *testing.T) {
		t.Parallel()
		redis := startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "500")
		redis.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
		wait(t, "a cluster", func() bool { return strings.Contains(redis.command("CLUSTER", "INFO"), "cluster_state:ok") })
		testKeys(t, redis, redis.url()+"?cluster=true", true)
	})
}

func testKeys(t *testing.T, redis *server, url string, cluster bool) {
	const channel = "chat:kept"
	p := startProcess(t, url)
	p.awaitSync()
	l := p.links[0]
	publish := func(id string) centrifuge.PublishResult {
		t.Helper()
		result, err := l.publish(channel, reconcile.Item{ID: id, Pub: &centrifuge.Publication{
			Data: []byte(`{"id":"` + id + `"}`), // the ID is the only tag: centrifuge writes several in any order
			Info: &centrifuge.ClientInfo{UserID: "u", ClientID: "c", ConnInfo: []byte("{}"), ChanInfo: []byte("[]")},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	for i := range 3 {
		publish(fmt.Sprint(i))
	}
	before := dumpKeys(t, l)
	keys := streamKeys(channel, cluster)
	for i := range 3 {
		keys = append(keys, resultKey(channel, fmt.Sprint(i), cluster))
	}
	slices.Sort(keys)
	if got := slices.Sorted(maps.Keys(before)); !slices.Equal(got, keys) {
		t.Fatalf("centrifuge keeps a room under %q; this package expects %q", got, keys)
	}

	history, err := l.wholeHistory(channel)
	if err != nil || len(history.Items) != 3 {
		t.Fatalf("%+v, %v", history, err)
	}
	redis.command("FLUSHALL")
	if err := l.writeBack(channel, reconcile.History{}, history, p.node.Config().HistoryMetaTTL); err != nil {
		t.Fatal(err)
	}
	for key, after := range dumpKeys(t, l) {
		if after != before[key] {
			t.Errorf("%s is written back as %q, centrifuge writes %q", key, after, before[key])
		}
		delete(before, key)
	}
	for key := range before {
		t.Errorf("%s is not written back", key)
	}
	if again := publish("1"); !again.Suppressed || again.Offset != 2 || again.Epoch != history.Epoch {
		t.Errorf("what was written back is published again: %+v", again)
	}
	if next := publish("3"); next.Suppressed || next.Offset != 4 || next.Epoch != history.Epoch {
		t.Errorf("after what was written back comes %+v", next)
	}
	if err := l.writeBack(channel, reconcile.History{}, history, time.Hour); err != nil { // not what was seen
		t.Error(err)
	}
	if after, err := l.wholeHistory(channel); err != nil || after.Top != 4 || len(after.Items) != 4 {
		t.Errorf("%+v, %v", after, err)
	}
}

// dumpKeys is all that Redis has, by key; times to live only as far as there are any.
func dumpKeys(t *testing.T, l *link) map[string]string {
	t.Helper()
	dump := map[string]string{}
	ask := func(words ...string) rueidis.RedisResult {
		return l.ask(context.Background(), askTimeout*10, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			command := client.B().Arbitrary(words[0])
			if len(words) > 1 {
				command = command.Keys(words[1]).Args(words[2:]...)
			}
			return client.Do(ctx, command.Build())
		})
	}
	found, err := ask("KEYS", Prefix+"*").AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range found {
		kind, _ := ask("TYPE", key).ToString()
		left, err := ask("TTL", key).ToInt64()
		if err != nil {
			t.Fatal(err)
		}
		content := ""
		switch kind {
		case "hash":
			fields, _ := ask("HGETALL", key).AsStrMap()
			content = fmt.Sprint(fields)
		case "stream":
			entries, _ := ask("XRANGE", key, "-", "+").AsXRange()
			content = fmt.Sprint(entries)
		}
		dump[key] = fmt.Sprintf("%s %s, expires: %v", kind, content, left > 0)
	}
	return dump
}
