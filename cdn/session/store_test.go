package session

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/redis"
)

func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { testStore(t, NewMemory(), Idle) })
}

func TestRedis(t *testing.T) {
	r := startRedis(t)
	r.idle = 5 * time.Second
	testStore(t, r, r.idle)
}

// testStore is what every store must do; idle is how long it holds a screen.
func testStore(t *testing.T, s Store, idle time.Duration) {
	touch := func(session, screen string, limit int, want bool) {
		t.Helper()
		if got, err := s.Touch(t.Context(), session, screen, limit); err != nil || got != want {
			t.Errorf("%s on %s of %d: %v, %v; want %v", session, screen, limit, got, err, want)
		}
	}
	touch("a", "1", 2, true)
	touch("a", "2", 2, true)
	touch("a", "3", 2, false) // the newest is refused
	touch("a", "1", 2, true)  // and the others go on
	touch("a", "2", 2, true)
	touch("b", "3", 1, true) // another ticket
	// One screen keeps asking, the other has gone: its place is free after a while.
	begun := time.Now()
	touch("a", "2", 2, true)
	for ok := false; !ok; {
		time.Sleep(idle / 20)
		touch("a", "1", 2, true)
		var err error
		if ok, err = s.Touch(t.Context(), "a", "3", 2); err != nil || time.Since(begun) > time.Minute {
			t.Fatalf("not free after %v: %v", time.Since(begun), err)
		}
	}
	if took := time.Since(begun); took < idle {
		t.Errorf("free after %v already", took)
	}
	touch("a", "2", 2, false)
}

// startRedis runs a Redis server until the test ends.
func startRedis(t *testing.T) *Redis {
	t.Helper()
	dir, err := os.MkdirTemp("", "r") // sockets' paths are short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; scripts/install.sh redis-server installs it", err)
	}
	servers, err := redis.Parse("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedis(servers[0])
	t.Cleanup(func() {
		r.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("unix", socket)
		if err == nil {
			_ = c.Close()
			return r
		}
		if time.Since(begun) > time.Minute {
			t.Fatal(err)
		}
	}
}
