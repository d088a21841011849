package shared

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/cluster"
	"github.com/globalfandom/lightstick/chat/cluster/envelope"
)

// openSet makes a set of a process that is alone.
func openSet(t testing.TB, apply func(json.RawMessage)) *Set[json.RawMessage] {
	t.Helper()
	node, err := centrifuge.New(centrifuge.Config{Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(node, nil, cluster.Handlers{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return NewSet(c, "book", apply)
}

func seal(key string, version int64, value string) envelope.Envelope[json.RawMessage] {
	raw := json.RawMessage(value)
	return envelope.Envelope[json.RawMessage]{Version: envelope.Version{Number: version, At: time.Now().UnixMicro()}, Key: key, Value: &raw}
}

func TestSetLimits(t *testing.T) {
	s := openSet(t, func(json.RawMessage) { t.Error("applied") })
	for _, e := range []envelope.Envelope[json.RawMessage]{
		seal("k", 1, "{"), seal("k", 1, `"`+strings.Repeat("x", maxEnvelope)+`"`), seal(strings.Repeat("k", maxKey+1), 1, "1"),
	} {
		if err := s.Put(t.Context(), e); !errors.Is(err, ErrShared) {
			t.Errorf("%.10s: %v", *e.Value, err)
		}
	}
	if err := s.Put(t.Context(), seal("k", 1, "1")); err != nil { // is not applied to oneself
		t.Error(err)
	}
	take := func(e envelope.Envelope[json.RawMessage]) { s.take(e, []byte("1")) }
	older, expired, deleted := seal("k", 1, "2"), seal("expired", 9, "2"), seal("deleted", 9, "2")
	older.At = 1
	expired.Until = 1
	deleted.Value = nil
	take(older)
	take(expired)
	take(deleted)
	take(seal(strings.Repeat("k", maxKey+1), 1, "1"))
	if len(s.values) != 1 {
		t.Errorf("%d values", len(s.values))
	}
}

// TestPutOfAnOlderVersion is a change that was made without knowledge of a later one.
func TestPutOfAnOlderVersion(t *testing.T) {
	s := openSet(t, func(json.RawMessage) {})
	later, _ := json.Marshal(envelope.Envelope[json.RawMessage]{Version: envelope.Version{Number: 2}, Name: "book", Key: "k", Value: seal("", 0, "2").Value})
	s.Receive(later)
	if err := s.Put(t.Context(), seal("k", 1, "1")); err != nil {
		t.Error(err)
	}
	if got := s.values["k"].version.Number; got != 2 {
		t.Errorf("version %d holds, want 2", got)
	}
}

// TestTakeAll reads what is in Redis: by this release, by the last one, and by those to come.
func TestTakeAll(t *testing.T) {
	type rule struct {
		V int `json:"v"`
	}
	node, err := centrifuge.New(centrifuge.Config{Metrics: centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Open(node, nil, cluster.Handlers{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	applied := map[int]bool{}
	s := NewSet(c, "book", func(r rule) { applied[r.V] = true })
	versions, expired := s.takeAll(map[string]string{
		"this":    `{"version":1,"at":5,"by":"n","name":"book","key":"this","value":{"v":1}}`,
		"last":    `{"version":2,"at":5,"by":"n","value":{"v":2}}`,
		"later":   `{"version":3,"at":5,"by":"n","value":[3]}`,
		"expired": `{"version":4,"at":5,"by":"n","until":1,"value":{"v":4}}`,
		"broken":  `{`,
	}, time.Now())
	if len(versions) != 3 || versions["later"].Number != 3 || len(expired) != 2 || len(applied) != 2 || !applied[1] || !applied[2] {
		t.Errorf("versions %v, expired %v, applied %v", versions, expired, applied)
	}
	var last envelope.Envelope[rule] // what is sent on has a name
	if err := json.Unmarshal(s.values["last"].data, &last); err != nil || last.Name != "book" || last.Key != "last" || last.Value.V != 2 {
		t.Errorf("%s: %v", s.values["last"].data, err)
	}
}

// FuzzReceive is told anything by other processes.
func FuzzReceive(f *testing.F) {
	for _, data := range []string{
		`{"name": "book", "key": "eve", "version": 1, "at": 1, "by": "n", "value": {"banned": true}}`,
		`{"name": "book"}`, `{"name": "book", "value": null}`, `{"name": "other", "value": 1}`, `[`, ``,
	} {
		f.Add([]byte(data))
	}
	s := openSet(f, func(value json.RawMessage) {
		if len(value) == 0 || len(value) > maxEnvelope {
			f.Errorf("applied %q", value)
		}
	})
	f.Fuzz(func(_ *testing.T, data []byte) { s.Receive(data) })
}
