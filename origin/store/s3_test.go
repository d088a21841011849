package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/origin/store"
	"github.com/globalfandom/lightstick/origin/store/s3test"
	"github.com/globalfandom/lightstick/origin/store/storetest"
)

func TestS3(t *testing.T) {
	server := s3test.Start(t)
	n := 0
	storetest.Run(t, func(t *testing.T) store.Store {
		n++
		return newS3(t, server, func(c *store.S3Config) { c.Prefix = "run/" + strconv.Itoa(n) })
	})
}

// newS3 makes a client of a server with the right settings, unless change has
// others.
func newS3(t testing.TB, server *s3test.Server, change func(*store.S3Config)) *store.S3 {
	t.Helper()
	cfg := store.S3Config{
		Name: "test", Keys: "storage.s3", Endpoint: server.Endpoint, Bucket: server.Bucket, Prefix: "test", PathStyle: true,
		AccessKey: server.AccessKey, SecretKey: server.SecretKey, Timeout: 10 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := store.NewS3(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
