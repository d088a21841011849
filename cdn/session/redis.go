package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/globalfandom/lightstick/internal/redis"
)

// Redis is a store that several origins share. It connects when it is first asked, and
// again after it has lost the server.
type Redis struct {
	options rueidis.ClientOption
	prefix  string
	idle    time.Duration

	mu     sync.Mutex
	client rueidis.Client
	failed time.Time // when connecting failed last
}

// pause is how long nothing is tried after connecting has failed.
const pause = 2 * time.Second

// NewRedis makes a store of a server.
func NewRedis(server redis.Server) *Redis {
	options := server.Options
	options.Dialer.Timeout = askTimeout
	options.ConnWriteTimeout = askTimeout
	options.DisableRetry = true
	options.DisableCache = true
	options.ClientName = "lightstick"
	return &Redis{options: options, prefix: "lightstick:screens:", idle: Idle}
}

// Close ends the connections.
func (r *Redis) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		r.client.Close()
		r.client = nil
	}
}

// touch is a sorted set a session, with the screens by the milliseconds when they were
// last heard of, on Redis's own clock: origins' may differ.
//
// KEYS: the set. ARGV: screen, limit, milliseconds that a screen is held.
var touch = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)

// Touch implements Store.
func (r *Redis) Touch(ctx context.Context, session, screen string, limit int) (bool, error) {
	client, err := r.connect()
	if err != nil {
		return false, err
	}
	n, err := touch.Exec(ctx, client, []string{r.prefix + session},
		[]string{screen, strconv.Itoa(limit), strconv.FormatInt(r.idle.Milliseconds(), 10)}).ToInt64()
	if err != nil {
		return false, fmt.Errorf("redis: %w", err)
	}
	return n == 1, nil
}

var errPause = errors.New("redis: can't be reached; waiting before the next try")

// connect finds the client, or makes it. Those who come while it is being made wait for
// it, or for its failure: a dial timeout at most.
func (r *Redis) connect() (rueidis.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		return r.client, nil
	}
	if time.Since(r.failed) < pause {
		return nil, errPause
	}
	client, err := rueidis.NewClient(r.options)
	if err != nil {
		r.failed = time.Now()
		return nil, fmt.Errorf("redis: %w", err)
	}
	r.client = client
	return client, nil
}
