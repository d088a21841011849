package cluster

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
)

func TestMemoryFilters(t *testing.T) {
	since := func(offset uint64) *centrifuge.StreamPosition { return &centrifuge.StreamPosition{Offset: offset} }
	tests := []struct {
		name   string
		filter centrifuge.HistoryFilter
		want   string // of 1 to 8, of which the last five are left
	}{
		{"all", centrifuge.HistoryFilter{Limit: -1}, "4 5 6 7 8"},
		{"position only", centrifuge.HistoryFilter{}, ""},
		{"first", centrifuge.HistoryFilter{Limit: 2}, "4 5"},
		{"more than there are", centrifuge.HistoryFilter{Limit: 100}, "4 5 6 7 8"},
		{"backwards", centrifuge.HistoryFilter{Limit: -1, Reverse: true}, "8 7 6 5 4"},
		{"last", centrifuge.HistoryFilter{Limit: 2, Reverse: true}, "8 7"},
		{"position only, backwards", centrifuge.HistoryFilter{Reverse: true}, ""},
		{"since", centrifuge.HistoryFilter{Limit: -1, Since: since(6)}, "7 8"},
		{"since, limited", centrifuge.HistoryFilter{Limit: 1, Since: since(6)}, "7"},
		{"since, position only", centrifuge.HistoryFilter{Since: since(6)}, ""},
		{"since the end", centrifuge.HistoryFilter{Limit: -1, Since: since(8)}, ""},
		{"since after the end", centrifuge.HistoryFilter{Limit: -1, Since: since(9)}, ""},
		{"since the end of numbers", centrifuge.HistoryFilter{Limit: -1, Since: since(math.MaxUint64)}, "4 5 6 7 8"},
		{"since just before the first", centrifuge.HistoryFilter{Limit: -1, Since: since(3)}, "4 5 6 7 8"},
		{"since what is gone", centrifuge.HistoryFilter{Limit: -1, Since: since(1)}, "4 5 6 7 8"},
		{"since the beginning", centrifuge.HistoryFilter{Limit: -1, Since: since(0)}, "4 5 6 7 8"},
		{"since in another epoch", centrifuge.HistoryFilter{Limit: -1, Since: &centrifuge.StreamPosition{Offset: 6, Epoch: "other"}}, "7 8"},
		{"before", centrifuge.HistoryFilter{Limit: -1, Since: since(6), Reverse: true}, "5 4"},
		{"before, limited", centrifuge.HistoryFilter{Limit: 1, Since: since(6), Reverse: true}, "5"},
		{"before, position only", centrifuge.HistoryFilter{Since: since(6), Reverse: true}, ""},
		{"before the end", centrifuge.HistoryFilter{Limit: 3, Since: since(9), Reverse: true}, "8 7 6"},
		{"before the first", centrifuge.HistoryFilter{Limit: -1, Since: since(4), Reverse: true}, ""},
		{"before what is gone", centrifuge.HistoryFilter{Limit: -1, Since: since(2), Reverse: true}, ""},
	}
	inBoth(t, func(b *bench) {
		var end centrifuge.StreamPosition
		for i := range 8 {
			end = b.publish("a", fmt.Sprint(i+1)).StreamPosition
		}
		for _, tt := range tests {
			if got, position := b.history("a", tt.filter); got != tt.want || position != end || end.Offset != 8 {
				b.t.Errorf("%s: %q to %v, want %q to %v", tt.name, got, position, tt.want, end)
			}
		}
	})
}

func TestMemoryPositions(t *testing.T) {
	inBoth(t, func(b *bench) {
		_, begin := b.history("a", everything)
		if begin.Offset != 0 || begin.Epoch == "" {
			b.t.Errorf("a stream begins at %v", begin)
		}
		b.has("", begin)
		if r := b.publish("a", "passing", withoutHistory); r != (centrifuge.PublishResult{}) {
			b.t.Errorf("without history: %+v", r)
		}
		end := b.publish("a", "1").StreamPosition
		if end.Offset != 1 || end.Epoch != begin.Epoch {
			b.t.Errorf("the first publication after %v is at %v", begin, end)
		}
		if other := b.publish("b", "1").StreamPosition; other.Offset != 1 || other.Epoch == end.Epoch {
			b.t.Errorf("two channels are at %v and %v", end, other)
		}
		b.has("1", end)
		end = b.publish("a", "2").StreamPosition
		if got, want := strings.Join(b.handed, ", "), "a passing@0, a 1@1, b 1@1, a 2@2"; got != want {
			b.t.Errorf("handed over %s, want %s", got, want)
		}
		if err := b.RemoveHistory("a"); err != nil {
			b.t.Error(err)
		}
		if err := b.RemoveHistory("unknown"); err != nil {
			b.t.Error(err)
		}
		b.has("", end)
		end.Offset++
		b.publish("a", "3")
		b.has("3", end)
		if r := b.publish("a", "4", func(o *centrifuge.PublishOptions) { o.HistorySize = 1 }); r.Offset != 4 {
			b.t.Errorf("%+v", r)
		}
		end.Offset++
		b.has("4", end) // a smaller size cuts the stream
	})
}

func TestMemoryPublication(t *testing.T) {
	inBoth(t, func(b *bench) {
		info, tags := &centrifuge.ClientInfo{UserID: "mina"}, map[string]string{"k": "v"}
		b.publish("a", "1", func(o *centrifuge.PublishOptions) { o.ClientInfo, o.Tags = info, tags })
		pubs, _, err := b.History("a", centrifuge.HistoryOptions{Filter: everything})
		if err != nil || len(pubs) != 1 {
			b.t.Fatalf("%v, %v", pubs, err)
		}
		if p := pubs[0]; p.Info != info || p.Tags["k"] != "v" || p.Offset != 1 || p.Time != time.Now().UnixMilli() {
			b.t.Errorf("%+v", p)
		}
		b.fails = errors.New("nobody takes it")
		end := b.publish("a", "2").StreamPosition
		b.has("1 2", end) // it was published all the same
	})
}

func TestMemoryIdempotency(t *testing.T) {
	const byDefault = 5 * time.Minute
	for _, tt := range []struct {
		name    string
		options func(*centrifuge.PublishOptions)
		known   time.Duration
	}{
		{"with history", func(*centrifuge.PublishOptions) {}, byDefault},
		{"without history", withoutHistory, byDefault},
		{"for a given time", func(o *centrifuge.PublishOptions) { o.IdempotentResultTTL = time.Minute }, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBoth(t, func(b *bench) {
				long := func(o *centrifuge.PublishOptions) { o.IdempotentResultTTL = time.Hour }
				b.publish("a", "before", withKey("before"), tt.options, long)
				first := b.publish("a", "1", withKey("k"), tt.options)
				again := func(known bool) centrifuge.PublishResult {
					b.t.Helper()
					n := len(b.handed)
					r := b.publish("a", "2", withKey("k"), tt.options)
					if r.Suppressed != known || len(b.handed) == n != known {
						b.t.Errorf("published again: %+v, handed over %v", r, b.handed)
					}
					return r
				}
				if first.Suppressed {
					b.t.Errorf("%+v", first)
				}
				b.publish("a", "other", withKey("l"), tt.options)
				if b.publish("b", "1", withKey("k"), tt.options).Suppressed {
					b.t.Error("a key holds in another channel")
				}
				if err := b.RemoveHistory("a"); err != nil {
					b.t.Error(err)
				}
				time.Sleep(tt.known - margin)
				if r := again(true); r.StreamPosition != first.StreamPosition || r.SuppressReason != centrifuge.SuppressReasonIdempotency {
					b.t.Errorf("%+v, want the position of %+v", r, first)
				}
				time.Sleep(2 * margin)
				again(false)
				time.Sleep(tt.known - margin)
				again(true)
				if !b.publish("a", "before", withKey("before"), tt.options).Suppressed {
					b.t.Error("a key that is known for an hour was forgotten before")
				}
			})
		})
	}
}

// A key that has come again must not expire with its first publication.
func TestMemoryKeyComesAgain(t *testing.T) {
	inBoth(t, func(b *bench) {
		until := func(ttl time.Duration) func(*centrifuge.PublishOptions) {
			return func(o *centrifuge.PublishOptions) { o.IdempotentResultTTL = ttl }
		}
		b.publish("a", "1", withKey("other"), until(90*time.Second))
		b.publish("a", "2", withKey("k"), until(time.Minute))
		time.Sleep(time.Minute + margin)
		if b.publish("a", "3", withKey("k"), until(time.Minute)).Suppressed {
			b.t.Error("the key did not expire")
		}
		time.Sleep(30 * time.Second)
		if !b.publish("a", "4", withKey("k")).Suppressed {
			b.t.Error("the key expired with its first publication")
		}
	})
}

func TestMemoryExpiry(t *testing.T) {
	inBoth(t, func(b *bench) {
		b.publish("a", "1")
		time.Sleep(testHistory - margin)
		end := b.publish("a", "2").StreamPosition // the first one stays with it
		time.Sleep(testHistory - margin)
		b.has("1 2", end)
		time.Sleep(2 * margin)
		b.has("", end)
		next := b.publish("a", "3").StreamPosition
		if next.Epoch != end.Epoch || next.Offset != 3 {
			b.t.Errorf("after %v came %v", end, next)
		}
		b.has("3", next)
	})
}

func TestMemoryForgetsPositions(t *testing.T) {
	inBoth(t, func(b *bench) {
		end := b.publish("a", "1").StreamPosition
		for range 3 { // asking keeps it
			time.Sleep(testMeta - margin)
			b.has("", end)
		}
		time.Sleep(testMeta + margin)
		if r := b.publish("a", "2"); r.Epoch == end.Epoch || r.Offset != 1 {
			b.t.Errorf("after %v was forgotten came %v", end, r)
		}
		// The options may name another time, and history goes with its position.
		end = b.publish("b", "1", func(o *centrifuge.PublishOptions) { o.HistoryMetaTTL = time.Minute }).StreamPosition
		time.Sleep(time.Minute + margin)
		if got, position := b.history("b", everything); got != "" || position.Offset != 0 || position.Epoch == end.Epoch {
			b.t.Errorf("after %v was forgotten: %q to %v", end, got, position)
		}
		_, end = b.history("c", everything, time.Minute)
		time.Sleep(time.Minute + margin)
		if r := b.publish("c", "1"); r.Epoch == end.Epoch {
			b.t.Errorf("after %v was forgotten came %v", end, r)
		}
	})
}
