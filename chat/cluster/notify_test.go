package cluster

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
	"github.com/globalfandom/lightstick/internal/redis"
)

// told is a state that notes what it is told.
type told struct{ data []byte }

func (s *told) Sync(context.Context, bool) error { return nil }
func (s *told) Receive(data []byte)              { s.data = data }

// FuzzNotified is told anything by other processes.
func FuzzNotified(f *testing.F) {
	for _, data := range []string{
		show, `{"channel": "chat:show", "from": 1, "to": 9}`, `{"channel": "chat:show", "from": 9, "to": 1}`, `{"channel": "chat:show", "to": 18446744073709551615}`,
		`{"name": "book", "key": "eve", "version": 1, "at": 1, "by": "n", "value": {"banned": true}}`, `{"name": "book"}`, `{"name": "book", "value": null}`, `[`, ``,
	} {
		for op := range uint8(4) {
			f.Add(op, []byte(data))
		}
	}
	node, err := centrifuge.New(centrifuge.Config{Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}})
	if err != nil {
		f.Fatal(err)
	}
	servers, err := redis.Parse("redis://127.0.0.1:1")
	if err != nil {
		f.Fatal(err)
	}
	c, err := Open(node, servers, Handlers{}, slog.New(slog.DiscardHandler)) // which nobody asks
	if err != nil {
		f.Fatal(err)
	}
	state := &told{}
	c.Register("state", state)
	f.Fuzz(func(t *testing.T, op uint8, data []byte) {
		r := &room{channel: show, link: c.links[0]}
		for i := range 9 {
			r.log.AddLocal(reconcile.Item{ID: fmt.Sprint(i), Pub: &centrifuge.Publication{}, At: time.Now()})
		}
		c.rooms.byChannel[show] = r
		c.handleNotification(centrifuge.NotificationEvent{FromNodeID: "another", Op: []string{opDrop, opAmbiguousRange, "state", "other"}[op%4], Data: data})
		if op%4 == 2 && !bytes.Equal(state.data, data) {
			t.Errorf("the state was told %q, not %q", state.data, data)
		}
		for since := range uint64(12) {
			r.read(centrifuge.HistoryFilter{Limit: -1, Since: &centrifuge.StreamPosition{Offset: since}})
		}
	})
}
