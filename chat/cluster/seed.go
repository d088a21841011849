package cluster

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/centrifugal/protocol"
	"github.com/redis/rueidis"
)

// seedScript writes back what Redis has lost of a room, in the form in which centrifuge's
// broker keeps it, if it still is as it was seen.
//
// KEYS: meta, stream. ARGV: epoch and top as seen; epoch and top to have; seconds that
// meta and stream last (0: for ever); size; then offset and data of each publication.
var seedScript = rueidis.NewLuaScript(`
local m = redis.call('HMGET', KEYS[1], 'e', 's')
if (m[1] or '') ~= ARGV[1] or tonumber(m[2] or 0) ~= tonumber(ARGV[2]) then
  return 0
end
if tonumber(ARGV[2]) == 0 then
  redis.call('DEL', KEYS[2])
end
for i = 8, #ARGV, 2 do
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[7], ARGV[i], 'd', ARGV[i + 1])
end
redis.call('HSET', KEYS[1], 'e', ARGV[3], 's', ARGV[4])
if ARGV[5] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 1`)

// seed gives Redis the part of a log that it has lost. Whether it was this process that
// did it or another, the next look tells.
func (c *Cluster) seed(r *room, theirs, ours stream) error {
	argv := []string{
		theirs.epoch, strconv.FormatUint(theirs.top, 10), ours.epoch, strconv.FormatUint(ours.top, 10),
		seconds(c.node.Config().HistoryMetaTTL), seconds(historyTime), strconv.Itoa(historySize),
	}
	for _, it := range ours.items[max(0, len(ours.items)-historySize):] {
		data, err := encode(it)
		if err != nil {
			return err
		}
		argv = append(argv, strconv.FormatUint(it.pub.Offset, 10), string(data))
	}
	return r.link.ask(context.Background(), askTimeout, func(ctx context.Context, client rueidis.Client) rueidis.RedisResult {
		keys := streamKeys(r.channel, client.Mode() == rueidis.ClientModeCluster)
		return seedScript.Exec(ctx, client, keys, argv)
	}).Error()
}

// streamKeys are where centrifuge's broker keeps a channel's position and history.
func streamKeys(channel string, cluster bool) []string {
	if cluster {
		channel = "{" + channel + "}"
	}
	return []string{prefix + ".stream.meta." + channel, prefix + ".stream." + channel}
}

// encode writes an item as centrifuge's broker does.
func encode(it item) ([]byte, error) {
	p := protocol.Publication{Data: it.pub.Data, Tags: map[string]string{idTag: it.id}, Time: it.at.UnixMilli(), Info: infoOf(it.pub.Info)}
	maps.Copy(p.Tags, it.pub.Tags)
	return p.MarshalCF()
}

func infoOf(i *centrifuge.ClientInfo) *protocol.ClientInfo {
	if i == nil {
		return nil
	}
	return &protocol.ClientInfo{User: i.UserID, Client: i.ClientID, ConnInfo: i.ConnInfo, ChanInfo: i.ChanInfo}
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
