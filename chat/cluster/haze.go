package cluster

import (
	"context"
	"encoding/json"

	"github.com/redis/rueidis"
)

// haze is a range of positions of a channel, both ends exclusive, that nobody can be
// recovered from: they were given out while processes were apart.
type haze struct {
	Channel string `json:"channel"`
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
}

// hazeKey is a hash with a range from each process.
func hazeKey(channel string) string { return prefix + ".haze." + channel }

// tellHaze tells the processes that are in the room, and those that open it later.
func (c *Cluster) tellHaze(r *room, from, to uint64) {
	data, err := json.Marshal(haze{r.channel, from, to})
	if err != nil {
		return
	}
	c.moves.Go(func() { // the room is locked, and this asks Redis
		c.Broadcast(opHaze, data)
		_ = r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
			for _, result := range client.DoMulti(ctx,
				client.B().Hset().Key(hazeKey(r.channel)).FieldValue().FieldValue(c.node.ID(), string(data)).Build(),
				client.B().Expire().Key(hazeKey(r.channel)).Seconds(int64(historyTime.Seconds())).Build()) {
				if result.Error() != nil {
					return result
				}
			}
			return rueidis.RedisResult{}
		})
	})
}

// hear takes what another process tells.
func (c *Cluster) hear(data []byte) {
	var h haze
	if json.Unmarshal(data, &h) != nil {
		return
	}
	if r := c.room(h.Channel); r != nil {
		r.mu.Lock()
		r.haze(h.From, h.To)
		r.mu.Unlock()
	}
}

// hazes are what processes told before this one opened the room.
func (c *Cluster) hazes(r *room) ([]haze, error) {
	fields, err := r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		return client.Do(ctx, client.B().Hgetall().Key(hazeKey(r.channel)).Build())
	}).AsStrMap()
	var hazes []haze
	for _, text := range fields {
		var h haze
		if json.Unmarshal([]byte(text), &h) == nil {
			hazes = append(hazes, h)
		}
	}
	return hazes, err
}
