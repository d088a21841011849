package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/redis/rueidis"
)

// connect makes the clients. Redis must answer, or there is an error and nothing stays.
func (l *link) connect() error {
	options := l.server.Options
	options.ClientName = "lightstick"
	options.DisableRetry = true
	options.DisableCache = true
	options.ConnWriteTimeout = ioTimeout
	options.Dialer = net.Dialer{Timeout: connectTimeout, KeepAlive: 400 * time.Millisecond}
	options.Sentinel.TopologyRefreshInterval = 5 * time.Second
	client, err := rueidis.NewClient(options)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	shard, err := centrifuge.NewRedisShard(l.node, l.config())
	if err != nil {
		client.Close()
		return err
	}
	b, err := centrifuge.NewRedisBroker(l.node, centrifuge.RedisBrokerConfig{
		Prefix: Prefix, Shards: []*centrifuge.RedisShard{shard}, Name: strconv.Itoa(l.index),
	})
	if err == nil {
		// The node has no client yet when it is not running: what is heard goes nowhere.
		err = errors.Join(b.RegisterControlEventHandler(controls{l.node}), b.RegisterBrokerEventHandler(l.incoming))
	}
	if err != nil {
		if b != nil {
			_ = b.Close(context.Background())
		}
		shard.Close()
		client.Close()
		return fmt.Errorf("broker: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client, l.shard, l.broker = client, shard, b
	return nil
}

// watch breaks the link when a connection that does nothing else is lost: a server that
// was started anew within a moment would otherwise get publications before it has got
// its history back.
func (l *link) watch(client rueidis.Client) error {
	conn, release := client.Dedicate()
	lost := conn.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(rueidis.PubSubMessage) {}})
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	if err := conn.Do(ctx, conn.B().Subscribe().Channel(Prefix+".watch").Build()).Error(); err != nil {
		conn.Close()
		release()
		return err
	}
	l.unwatch()                                                   // the one before, whose connection may hang
	watching, unwatch := context.WithCancel(context.Background()) // until close
	l.unwatch = unwatch
	generation := l.generation()
	l.watches.Go(func() {
		defer release()
		defer conn.Close()
		select {
		case err := <-lost:
			if l.generation() == generation {
				l.trip(err)
			}
		case <-watching.Done():
		}
	})
	return nil
}

// config says the same to centrifuge as the options say to rueidis.
func (l *link) config() centrifuge.RedisShardConfig {
	o := l.server.Options
	conf := centrifuge.RedisShardConfig{
		DB: o.SelectDB, User: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, ClientName: "lightstick",
		ConnectTimeout: connectTimeout, IOTimeout: ioTimeout,
	}
	switch {
	case o.Sentinel.MasterSet != "":
		conf.SentinelAddresses, conf.SentinelMasterName = o.InitAddress, o.Sentinel.MasterSet
		conf.SentinelUser, conf.SentinelPassword, conf.SentinelTLSConfig = o.Sentinel.Username, o.Sentinel.Password, o.Sentinel.TLSConfig
	case l.server.Cluster:
		conf.ClusterAddresses = o.InitAddress
	case l.server.Socket:
		conf.Address = "unix://" + o.InitAddress[0]
	default:
		conf.Address = o.InitAddress[0]
	}
	return conf
}

// controls hands on what other processes want.
type controls struct{ node *centrifuge.Node }

func (c controls) HandleControl(data []byte) error { return c.node.HandleControl(data) }
