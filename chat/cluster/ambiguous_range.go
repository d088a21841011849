package cluster

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"
)

// ambiguousRange is a range of positions of a channel, both ends exclusive, that nobody can be
// recovered from: they were given out while processes were isolated.
type ambiguousRange struct {
	Channel string `json:"channel"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
}

// ambiguousRangeKey is a hash with a range from each process.
func ambiguousRangeKey(channel string) string { return prefix + ".haze." + channel }

// shareAmbiguousRange tells the processes that are in the room, and those that open it later.
func (c *Cluster) shareAmbiguousRange(r *room, from, to uint64) {
	data, err := json.Marshal(ambiguousRange{r.channel, from, to})
	if err != nil {
		return
	}
	c.resubscribing.Go(func() { // the room is locked, and this asks Redis
		c.Broadcast(opAmbiguousRange, data)
		_ = r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			for _, result := range client.DoMulti(ctx,
				client.B().Hset().Key(ambiguousRangeKey(r.channel)).FieldValue().FieldValue(c.node.ID(), string(data)).Build(),
				client.B().Expire().Key(ambiguousRangeKey(r.channel)).Seconds(int64(historyTime.Seconds())).Build()) {
				if result.Error() != nil {
					return result
				}
			}
			return rueidis.RedisResult{}
		})
	})
}

// receiveAmbiguousRange takes what another process tells.
func (c *Cluster) receiveAmbiguousRange(data []byte) {
	var h ambiguousRange
	if json.Unmarshal(data, &h) != nil {
		return
	}
	if r := c.room(h.Channel); r != nil {
		r.mu.Lock()
		r.markAmbiguous(h.From, h.To)
		r.mu.Unlock()
	}
}

// ambiguousRanges are what processes told before this one opened the room.
func (c *Cluster) ambiguousRanges(r *room) ([]ambiguousRange, error) {
	fields, err := r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hgetall().Key(ambiguousRangeKey(r.channel)).Build())
	}).AsStrMap()
	var hazes []ambiguousRange
	for _, text := range fields {
		var h ambiguousRange
		if json.Unmarshal([]byte(text), &h) == nil {
			hazes = append(hazes, h)
		}
	}
	return hazes, err
}
