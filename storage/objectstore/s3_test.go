package objectstore_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/objectstoretest"
	"github.com/globalfandom/lightstick/storage/objectstore/s3test"
)

func TestS3(t *testing.T) {
	server := s3test.Start(t)
	n := 0
	objectstoretest.Run(t, func(t *testing.T) objectstore.Store {
		n++
		return newS3(t, server, func(c *objectstore.S3Config) { c.Prefix = "run/" + strconv.Itoa(n) })
	})
}

// newS3 makes a client of a server with the right settings, unless change has
// others.
func newS3(t testing.TB, server *s3test.Server, change func(*objectstore.S3Config)) *objectstore.S3 {
	t.Helper()
	cfg := objectstore.S3Config{
		Name: "test", Keys: "storage.s3", Endpoint: server.Endpoint, Bucket: server.Bucket, Prefix: "test", PathStyle: true,
		AccessKey: server.AccessKey, SecretKey: setting.Secret(server.SecretKey), Timeout: 10 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := objectstore.NewS3(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
