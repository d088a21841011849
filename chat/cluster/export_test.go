package cluster

import "testing"

// TestRedis is a redis-server for tests of what stands on this package.
type TestRedis struct {
	URL               string
	Kill, Lose, Start func()
}

// StartTestRedis starts one, which ends with the test.
func StartTestRedis(t *testing.T) TestRedis {
	s := startRedis(t)
	return TestRedis{s.url(), s.kill, s.lose, s.start}
}

// TestProcess is a chat process that does not run yet.
type TestProcess struct {
	*Cluster
	Start, AwaitSync func()
}

// NewTestProcess makes one.
func NewTestProcess(t *testing.T, urls string) TestProcess {
	p := newProcess(t, urls)
	return TestProcess{p.Cluster, p.start, p.awaitSync}
}

// Wait waits until something is so.
func Wait(t *testing.T, what string, ok func() bool) { wait(t, what, ok) }
