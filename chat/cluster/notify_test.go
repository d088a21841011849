package cluster

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
)

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
	c, err := Open(node, "", Handlers{}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	c.Shared("book", func(key string, value json.RawMessage) {
		if len(value) == 0 || len(value) > maxValue || len(key) > maxKey {
			f.Errorf("applied %q: %q", key, value)
		}
	})
	link := newLink(c, 0, testServer)
	f.Fuzz(func(t *testing.T, op uint8, data []byte) {
		r := &room{channel: show, link: link, epoch: "e", top: 9, base: 9, items: items("5 6 7 8 9", 9)}
		c.rooms[show] = r
		c.handleNotification(centrifuge.NotificationEvent{FromNodeID: "another", Op: []string{opDrop, opAmbiguousRange, opShared, "other"}[op%4], Data: data})
		for since := range uint64(12) {
			r.read(centrifuge.HistoryFilter{Limit: -1, Since: &centrifuge.StreamPosition{Offset: since}}, r.graceEnd)
		}
	})
}
