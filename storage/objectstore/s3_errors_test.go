package objectstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/s3test"
)

// Each mistake in the configuration is told with the setting to change.
func TestS3NamesTheSettingToChange(t *testing.T) {
	server := s3test.Start(t)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	yes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>hello")) }))
	t.Cleanup(yes.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, tt := range map[string]struct {
		change    func(*objectstore.S3Config)
		want      string
		permanent bool
	}{
		"access key":      {func(c *objectstore.S3Config) { c.AccessKey = "nobody" }, "storage.s3.access_key: ", true},
		"secret":          {func(c *objectstore.S3Config) { c.SecretKey = "wrong-but-secret" }, "storage.s3.secret_key: ", true},
		"bucket":          {func(c *objectstore.S3Config) { c.Bucket = "no-such-bucket" }, `storage.s3.bucket: there is no bucket "no-such-bucket"`, true},
		"bucket's name":   {func(c *objectstore.S3Config) { c.Bucket = "No_Bucket" }, "storage.s3.bucket: ", true},
		"region":          {func(c *objectstore.S3Config) { c.Region = "eu-west-9" }, "storage.s3.region: ", true},
		"https to http":   {func(c *objectstore.S3Config) { c.Endpoint = "https" + strings.TrimPrefix(c.Endpoint, "http") }, "storage.s3.endpoint: no TLS", true},
		"http to https":   {func(c *objectstore.S3Config) { c.Endpoint = "http" + strings.TrimPrefix(secure.URL, "https") }, "storage.s3.endpoint: ", true},
		"certificate":     {func(c *objectstore.S3Config) { c.Endpoint = secure.URL }, "storage.s3.endpoint: the certificate", false},
		"nobody there":    {func(c *objectstore.S3Config) { c.Endpoint = "http://127.0.0.1:1" }, "storage.s3.endpoint: can't be reached", false},
		"a web server":    {func(c *objectstore.S3Config) { c.Endpoint = plain.URL }, "storage.s3.endpoint: answers, but not as an S3", true},
		"yes to anything": {func(c *objectstore.S3Config) { c.Endpoint = yes.URL }, "storage.s3.prefix: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newS3(t, server, tt.change)
			err := s.Check(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || objectstore.Permanent(err) != tt.permanent {
				t.Errorf("%v, permanent %v, want %q", err, objectstore.Permanent(err), tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), server.SecretKey) || strings.Contains(err.Error(), "wrong-but")) {
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}

func TestS3Settings(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	for want, cfg := range map[string]objectstore.S3Config{
		"k.bucket":     {Endpoint: "http://127.0.0.1"},
		"k.secret_key": {Bucket: "b", Endpoint: "http://127.0.0.1", AccessKey: "a"},
		"k.endpoint":   {Bucket: "b", Endpoint: "127.0.0.1:9000"},
		"user name":    {Bucket: "b", Endpoint: "http://hush:hush@127.0.0.1"},
		"k.prefix":     {Bucket: "b", Endpoint: "http://127.0.0.1", Prefix: "a/../b"},
		"k.region":     {Bucket: "b"},
	} {
		cfg.Keys = "k"
		_, err := objectstore.NewS3(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") || !objectstore.Permanent(err) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	s, err := objectstore.NewS3(t.Context(), objectstore.S3Config{Bucket: "b", Endpoint: "http://127.0.0.1:1", Keys: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "k.access_key: no credentials") || !objectstore.Permanent(err) {
		t.Errorf("%v", err)
	}
}

// AWS answers what versitygw doesn't.
func TestS3ExplainsAnswersOfAWS(t *testing.T) {
	server := s3test.Start(t)
	proxy := s3test.Proxy(t, server.Endpoint)
	s := newS3(t, server, func(c *objectstore.S3Config) { c.Endpoint, c.StorageClass = proxy.URL, "COLD" })
	hourAhead := http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}
	for want, fault := range map[string]s3test.Fault{
		"lacks s3:PutObject": {Status: 403, Code: "AccessDenied", Message: "Access Denied"},
		"the bucket's region is eu-west-1": {Status: 400, Code: "AuthorizationHeaderMalformed",
			Message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"},
		"the bucket's region is eu-west-3": {Status: 301, Code: "PermanentRedirect", Header: http.Header{"X-Amz-Bucket-Region": {"eu-west-3"}}},
		"clock is off by 1h0m0s":           {Status: 403, Code: "RequestTimeTooSkewed", Header: hourAhead},
		"k.storage_class":                  {Status: 400, Code: "InvalidStorageClass"},
		"session of these credentials":     {Status: 400, Code: "ExpiredToken"},
	} {
		proxy.Set(fault)
		err := s.Put(t.Context(), "key", strings.NewReader("x"), objectstore.Attributes{})
		if err == nil || !strings.Contains(err.Error(), strings.Replace(want, "k.", "storage.s3.", 1)) ||
			objectstore.Permanent(err) != (fault.Code != "RequestTimeTooSkewed") {
			t.Errorf("%v, permanent %v, want %q", err, objectstore.Permanent(err), want)
		}
	}
}

// A fault that passes is overcome by the second attempt; one that stays is an error
// that isn't permanent, in bounded time.
func TestS3Faults(t *testing.T) {
	server := s3test.Start(t)
	for name, fault := range map[string]s3test.Fault{
		"slow down": s3test.SlowDown, "internal error": s3test.InternalError, "stall": s3test.Stall,
		"reset before": s3test.ResetBefore, "reset after": s3test.ResetAfter,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := s3test.Proxy(t, server.Endpoint)
			s := newS3(t, server, func(c *objectstore.S3Config) {
				c.Endpoint = proxy.URL
				if name == "stall" { // the others fail at once, and need no limit
					c.Timeout = time.Second
				}
			})
			body := strings.Repeat(name, 1000)
			proxy.Next(fault)
			if err := s.Put(t.Context(), name, strings.NewReader(body), objectstore.Attributes{}); err != nil {
				t.Errorf("once: %v", err)
			}
			proxy.Next(fault)
			if b, err := fetch(t.Context(), s, name, objectstore.Range{}); err != nil || string(b) != body {
				t.Errorf("once: %d bytes, %v", len(b), err)
			}
			proxy.Set(fault)
			before := proxy.Requests()
			if err := s.Put(t.Context(), name, strings.NewReader(body), objectstore.Attributes{}); err == nil || objectstore.Permanent(err) {
				t.Errorf("always: %v, permanent %v", err, objectstore.Permanent(err))
			}
			if n := proxy.Requests() - before; n != 2 {
				t.Errorf("%d attempts, want 2", n)
			}
			if _, err := fetch(t.Context(), s, name, objectstore.Range{}); err == nil || objectstore.Permanent(err) || errors.Is(err, objectstore.ErrNotFound) {
				t.Errorf("always: %v", err)
			}
		})
	}
}

func fetch(ctx context.Context, s objectstore.Store, key string, r objectstore.Range) ([]byte, error) {
	body, _, err := s.Get(ctx, key, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

func TestS3BodyThatBreaksOff(t *testing.T) {
	server := s3test.Start(t)
	proxy := s3test.Proxy(t, server.Endpoint)
	s := newS3(t, server, func(c *objectstore.S3Config) { c.Endpoint, c.Timeout = proxy.URL, time.Second })
	data := bytes.Repeat([]byte("x"), 1<<20)
	if err := s.Put(t.Context(), "key", bytes.NewReader(data), objectstore.Attributes{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []objectstore.Range{{}, {Offset: 10}, {Length: 1 << 19}} {
		proxy.Next(s3test.Fault{Truncate: 100_000})
		if b, err := fetch(t.Context(), s, "key", r); !errors.Is(err, io.ErrUnexpectedEOF) && err == nil {
			t.Errorf("%+v: %d bytes, %v", r, len(b), err)
		}
	}
	// A cache of it has the whole object from the next source, or none.
	proxy.Set(s3test.Fault{Truncate: 100_000})
	c := newCache(t, t.TempDir(), 1<<30, s, newS3(t, server, nil))
	f, info, err := c.Open(t.Context(), "key")
	if err != nil || info.Size != 1<<20 {
		t.Fatalf("%+v, %v", info, err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); err != nil || !bytes.Equal(b, data) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// A slow line is no stall: the limit of an attempt grows with its body.
func TestS3SlowLine(t *testing.T) {
	server := s3test.Start(t)
	proxy := s3test.Proxy(t, server.Endpoint)
	s := newS3(t, server, func(c *objectstore.S3Config) { c.Endpoint, c.Timeout = proxy.URL, 250*time.Millisecond })
	data := bytes.Repeat([]byte("x"), 1<<20)
	proxy.Set(s3test.Fault{Bandwidth: 2 << 20})
	if err := s.Put(t.Context(), "key", bytes.NewReader(data), objectstore.Attributes{}); err != nil {
		t.Error(err)
	}
	if b, err := fetch(t.Context(), s, "key", objectstore.Range{}); err != nil || len(b) != len(data) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	proxy.Set(s3test.Fault{Latency: 50 * time.Millisecond})
	if b, err := fetch(t.Context(), s, "key", objectstore.Range{Length: 5}); err != nil || len(b) != 5 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestS3WithoutBatchesDeletesSingly(t *testing.T) {
	server := s3test.Start(t)
	proxy := s3test.Proxy(t, server.Endpoint)
	s := newS3(t, server, func(c *objectstore.S3Config) { c.Endpoint = proxy.URL })
	for _, key := range []string{"a", "b"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x"), objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Next(s3test.Fault{Status: 501, Code: "NotImplemented"}, s3test.Fault{})
	if err := s.Delete(t.Context(), "a", "b", "none"); err != nil {
		t.Error(err)
	}
	for info, err := range s.List(t.Context(), "") {
		t.Errorf("left: %+v, %v", info, err)
	}
}

func TestS3OutlivesItsServer(t *testing.T) {
	server := s3test.Start(t)
	s := newS3(t, server, nil)
	if err := s.Put(t.Context(), "key", strings.NewReader("x"), objectstore.Attributes{}); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if _, err := fetch(t.Context(), s, "key", objectstore.Range{}); err == nil || objectstore.Permanent(err) {
		t.Errorf("%v", err)
	}
	server.Restart()
	if b, err := fetch(t.Context(), s, "key", objectstore.Range{}); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestS3Check(t *testing.T) {
	server := s3test.Start(t)
	bucket := newS3(t, server, func(c *objectstore.S3Config) { c.Prefix = "" })
	put := func(key, body string) {
		t.Helper()
		if err := bucket.Put(t.Context(), key, strings.NewReader(body), objectstore.Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	put("theirs/data", "x")
	ours := newS3(t, server, func(c *objectstore.S3Config) { c.Prefix = "/ours/" })
	for range 2 {
		if err := ours.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if b, err := fetch(t.Context(), bucket, "ours/lightstick.json", objectstore.Range{}); err != nil || string(b) != `{"lightstick":1}` {
		t.Errorf("%q, %v", b, err)
	}
	for info := range ours.List(t.Context(), "") {
		t.Errorf("%+v is listed", info)
	}
	put("later/lightstick.json", `{"lightstick":2}`)
	put("other/lightstick.json", `no JSON`)
	for prefix, want := range map[string]string{
		"theirs": `"theirs/data"`, "": "has not put, such as", "later": "later version", "other": "something else",
	} {
		s := newS3(t, server, func(c *objectstore.S3Config) { c.Prefix = prefix })
		err := s.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), "storage.s3.prefix: ") || !strings.Contains(err.Error(), want) || !objectstore.Permanent(err) {
			t.Errorf("%q: %v, want %s", prefix, err, want)
		}
	}
	if _, err := fetch(t.Context(), bucket, "theirs/lightstick.json", objectstore.Range{}); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("something was written: %v", err)
	}
}

// Objects beyond 64 MB go in parts.
func TestS3Parts(t *testing.T) {
	server := s3test.Start(t)
	proxy := s3test.Proxy(t, server.Endpoint)
	s := newS3(t, server, func(c *objectstore.S3Config) { c.Endpoint = proxy.URL })
	data := bytes.Repeat([]byte("0123456789abcde"), 5<<20) // 75 MB
	if err := s.Put(t.Context(), "large", bytes.NewReader(data), objectstore.Attributes{ContentType: "video/mp4"}); err != nil {
		t.Fatal(err)
	}
	if n := proxy.Requests(); n != 5 {
		t.Errorf("%d requests, want 3 parts between a beginning and an end", n)
	}
	if b, err := fetch(t.Context(), s, "large", objectstore.Range{}); err != nil || !bytes.Equal(b, data) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if a, err := s.Attributes(t.Context(), "large"); err != nil || a.ContentType != "video/mp4" {
		t.Errorf("%+v, %v", a, err)
	}
	denied := s3test.Fault{Status: 403, Code: "AccessDenied"}
	proxy.Next(s3test.Fault{}, s3test.Fault{}, denied)
	before := proxy.Requests()
	if err := s.Put(t.Context(), "denied", bytes.NewReader(data), objectstore.Attributes{}); !objectstore.Permanent(err) {
		t.Errorf("%v", err)
	}
	if n := proxy.Requests() - before; n != 4 {
		t.Errorf("%d requests, want the last to abort", n)
	}
}
