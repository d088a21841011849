package cluster

import (
	"context"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/centrifugal/protocol"
	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/chat/cluster/reconcile"
)

// This file alone knows how centrifuge's broker keeps a room in Redis, which centrifuge
// does not promise: no call of it gives a stream an epoch and offsets. TestKeysOfCentrifuge
// compares what is written here with what the broker writes. See docs/adr/0021.

// writeBackScript writes back what Redis has lost of a room, in the form in which
// centrifuge's broker keeps it, if Redis still is as it was seen. The results tell the
// broker that these IDs were published.
//
// KEYS: meta, stream, and the result of each publication. ARGV: epoch and top as seen; epoch
// and top to have; seconds that meta (0: for ever), stream and results last; size; then
// offset and data of each publication.
var writeBackScript = rueidis.NewLuaScript(`
local m = redis.call('HMGET', KEYS[1], 'e', 's')
if (m[1] or '') ~= ARGV[1] or tonumber(m[2] or 0) ~= tonumber(ARGV[2]) then
  return 0
end
if tonumber(ARGV[2]) == 0 then
  redis.call('DEL', KEYS[2])
end
for i = 3, #KEYS do
  local offset, data = ARGV[2 * i + 3], ARGV[2 * i + 4]
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[8], offset, 'd', data)
  redis.call('HSET', KEYS[i], 'e', ARGV[3], 's', offset)
  redis.call('EXPIRE', KEYS[i], ARGV[7])
end
redis.call('HSET', KEYS[1], 'e', ARGV[3], 's', ARGV[4])
if ARGV[5] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 1`)

// writeBack gives Redis the part of a history that it has lost. Whether it was this process
// that did it or another, the next look tells.
func (l *link) writeBack(channel string, seen, want reconcile.History, metaTTL time.Duration) error {
	argv := []string{
		seen.Epoch, strconv.FormatUint(seen.Top, 10), want.Epoch, strconv.FormatUint(want.Top, 10),
		seconds(metaTTL), seconds(reconcile.HistoryTime), seconds(idempotentTime), strconv.Itoa(reconcile.HistorySize),
	}
	for _, it := range want.Items {
		data, err := encode(it)
		if err != nil {
			return err
		}
		argv = append(argv, strconv.FormatUint(it.Pub.Offset, 10), string(data))
	}
	return l.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		cluster := client.Mode() == rueidis.ClientModeCluster
		keys := streamKeys(channel, cluster)
		for _, it := range want.Items {
			keys = append(keys, resultKey(channel, it.ID, cluster))
		}
		return writeBackScript.Exec(ctx, client, keys, argv)
	}).Error()
}

// streamKeys are where centrifuge's broker keeps a channel's position and history.
func streamKeys(channel string, cluster bool) []string {
	channel = inSlot(channel, cluster)
	return []string{Prefix + ".stream.meta." + channel, Prefix + ".stream." + channel}
}

// resultKey is where it keeps that an ID was published.
func resultKey(channel, id string, cluster bool) string {
	return Prefix + ".result." + inSlot(channel, cluster) + "." + id
}

// inSlot has all keys of a channel lie in one slot of Redis Cluster.
func inSlot(channel string, cluster bool) string {
	if cluster {
		return "{" + channel + "}"
	}
	return channel
}

// encode writes an item as centrifuge's broker does.
func encode(it reconcile.Item) ([]byte, error) {
	p := protocol.Publication{Data: it.Pub.Data, Tags: tagged(it), Time: it.At.UnixMilli(), Info: infoOf(it.Pub.Info)}
	return p.MarshalCF()
}

func infoOf(i *centrifuge.ClientInfo) *protocol.ClientInfo {
	if i == nil {
		return nil
	}
	return &protocol.ClientInfo{User: i.UserID, Client: i.ClientID, ConnInfo: i.ConnInfo, ChanInfo: i.ChanInfo}
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
