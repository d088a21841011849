package cluster

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// ambiguousRange is a range of positions of a channel, both ends exclusive, that nobody can
// be recovered from: they were given out while processes were isolated.
type ambiguousRange struct {
	Channel string `json:"channel"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
}

// ambiguousRangeKey is a hash with a range from each process. The name is that of earlier
// releases.
func ambiguousRangeKey(channel string) string { return Prefix + ".haze." + channel }

// shareAmbiguousRange tells the processes that are in the room, and those that open it later.
func (rc *reconciler) shareAmbiguousRange(r *room, ambiguous reconcile.Range) {
	data, err := json.Marshal(ambiguousRange{r.channel, ambiguous.From, ambiguous.To})
	if err != nil {
		return
	}
	rc.running.Go(func() {
		rc.broadcast(opAmbiguousRange, data)
		_ = r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			for _, result := range client.DoMulti(ctx,
				client.B().Hset().Key(ambiguousRangeKey(r.channel)).FieldValue().FieldValue(rc.node.ID(), string(data)).Build(),
				client.B().Expire().Key(ambiguousRangeKey(r.channel)).Seconds(int64(reconcile.HistoryTime.Seconds())).Build()) {
				if result.Error() != nil {
					return result
				}
			}
			return rueidis.RedisResult{}
		})
	})
}

// receiveAmbiguousRange takes what another process tells.
func (rc *reconciler) receiveAmbiguousRange(data []byte) {
	var told ambiguousRange
	if json.Unmarshal(data, &told) != nil {
		return
	}
	if r := rc.rooms.find(told.Channel); r != nil {
		r.markAmbiguous(reconcile.Range{From: told.From, To: told.To})
	}
}

// ambiguousRanges are what processes told before this one opened the room.
func (rc *reconciler) ambiguousRanges(r *room) ([]reconcile.Range, error) {
	fields, err := r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hgetall().Key(ambiguousRangeKey(r.channel)).Build())
	}).AsStrMap()
	var ranges []reconcile.Range
	for _, text := range fields {
		var told ambiguousRange
		if json.Unmarshal([]byte(text), &told) == nil {
			ranges = append(ranges, reconcile.Range{From: told.From, To: told.To})
		}
	}
	return ranges, err
}
