package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/internal/redis"
)

// counting is a store that counts questions, and fails when told to.
type counting struct {
	Store
	asked int
	err   error
}

func (c *counting) Touch(ctx context.Context, session, screen string, limit int) (bool, error) {
	c.asked++
	if c.err != nil {
		return false, c.err
	}
	return c.Store.Touch(ctx, session, screen, limit)
}

func TestStoreIsAskedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counting{Store: NewMemory()}
		s := New(store, nil, slog.New(slog.DiscardHandler))
		for range 100 { // 20 s of a player
			if !s.Allow(t.Context(), "ticket", "a", 1) {
				t.Fatal("refused")
			}
			time.Sleep(200 * time.Millisecond)
		}
		if store.asked != 4 {
			t.Errorf("asked %d times in 20 s; want 4", store.asked)
		}
		if s.Allow(t.Context(), "ticket", "b", 1) {
			t.Error("a second screen")
		}
		time.Sleep(Idle)
		if !s.Allow(t.Context(), "ticket", "b", 1) || s.Allow(t.Context(), "ticket", "a", 1) {
			t.Error("the screen that left was not taken over")
		}
	})
}

func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := &counting{Store: NewMemory(), err: errors.New("gone")}
		s := New(store, nil, slog.New(slog.NewTextHandler(&log, nil)))
		for i := range 50 {
			if !s.Allow(t.Context(), "ticket", fmt.Sprint(i), 1) {
				t.Error("refused while the store fails")
			}
		}
		if n := testutil.ToFloat64(s.failures); n != 50 {
			t.Errorf("%v failures counted", n)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%d lines:\n%s", n, &log)
		}
		store.err = nil
		if !s.Allow(t.Context(), "ticket", "a", 1) || s.Allow(t.Context(), "ticket", "b", 1) {
			t.Error("not counted after the store came back")
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		for i := range maxSessions {
			_, _ = m.Touch(t.Context(), fmt.Sprint(i), "a", 1)
		}
		if _, err := m.Touch(t.Context(), "one more", "a", 1); !errors.Is(err, ErrFull) {
			t.Errorf("%v", err)
		}
		time.Sleep(Idle)
		if ok, err := m.Touch(t.Context(), "one more", "a", 1); !ok || err != nil || len(m.sessions) != 1 {
			t.Errorf("%v, %v, %d sessions", ok, err, len(m.sessions))
		}
	})
}

func TestRedisGone(t *testing.T) {
	const secret = "hush-hush"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var dialled atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			_ = c.Close()
		}
	}()
	defer l.Close()
	servers, err := redis.Parse("redis://user:" + secret + "@" + l.Addr().String() + "/0")
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedis(servers[0])
	defer r.Close()
	var log bytes.Buffer
	s := New(r, nil, slog.New(slog.NewTextHandler(&log, nil)))
	begun := time.Now()
	for i := range 100 {
		if !s.Allow(t.Context(), "ticket", fmt.Sprint(i), 1) {
			t.Fatal("refused while Redis is gone")
		}
	}
	// A viewer does not wait for a connection that failed a moment ago.
	if n, most := dialled.Load(), int64(3+time.Since(begun)/pause); n == 0 || n > most {
		t.Errorf("100 questions dialled %d times, want at most %d", n, most)
	}
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log shows the password:\n%s", &log)
	}
	if _, err := redis.Parse("redis://:" + secret + "@[x"); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
