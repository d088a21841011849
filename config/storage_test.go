package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/storage/objectstore"
)

func TestTargets(t *testing.T) {
	l, err := Load(write(t, `
record:
  default: on
  retention: 720h
storage:
  cache: 500MB
  s3:
    bucket: live
    region: ap-northeast-1
    prefix: /a/b/
    access_key: AK
    secret_key: hush
    sse: aws:kms
    kms_key: key
  mirrors:
    tokyo: https://AK2:hu%2Fsh+@minio.example.com:9000/media/deep/down/?region=jp&path_style=true&storage_class=COLD&sse=AES256
    osaka: http://10.0.0.1/media
`), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !l.Record.Default || l.Record.Retention != 720*time.Hour || l.Storage.Cache != 500e6 || l.Replication.Spill != 10e9 {
		t.Errorf("%+v %v %v", l.Record, l.Storage.Cache, l.Replication.Spill)
	}
	want := []objectstore.S3Config{
		{
			Name: "s3", Keys: "storage.s3", Endpoint: "https://s3.ap-northeast-1.amazonaws.com", Bucket: "live",
			Region: "ap-northeast-1", Prefix: "a/b", AccessKey: "AK", SecretKey: "hush", SSE: "aws:kms", KMSKey: "key",
		},
		{Name: "osaka", Keys: "storage.mirrors: osaka", Endpoint: "http://10.0.0.1", Bucket: "media", Region: "us-east-1", PathStyle: true},
		{
			Name: "tokyo", Keys: "storage.mirrors: tokyo", Endpoint: "https://minio.example.com:9000", Bucket: "media", Region: "jp",
			Prefix: "deep/down", AccessKey: "AK2", SecretKey: "hu/sh+", PathStyle: true, StorageClass: "COLD", SSE: "AES256",
		},
	}
	targets := l.Storage.Buckets()
	if len(targets) != len(want) {
		t.Fatalf("%+v", targets)
	}
	for i := range want {
		if targets[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", targets[i], want[i])
		}
	}
	shown := fmt.Sprintf("%v %+v %#v", targets, targets, targets)
	for _, e := range l.Entries() {
		shown += e.Value
	}
	if strings.Contains(shown, "hush") || strings.Contains(shown, "hu/sh") {
		t.Error("a secret is shown")
	}
}

func TestNoTargets(t *testing.T) {
	var c Config
	if targets, err := c.Storage.Buckets(), c.Storage.Validate(); targets != nil || err != nil {
		t.Errorf("%v, %v", targets, err)
	}
}

// Each bad setting is refused with its key and what would be right; "hush" marks what
// must not be shown.
func TestStorageFaults(t *testing.T) {
	bucket := []string{"storage.s3.bucket=live"}
	tests := []struct {
		name string
		sets []string
		want []string
	}{
		{"size", []string{"storage.cache=lots"}, []string{"storage.cache", `"lots"`, "10GB"}},
		{"record", []string{"record.default=yes"}, []string{"record.default", "off or on"}},
		{"retention", []string{"record.retention=-1h"}, []string{"record.retention", "0"}},
		{"retention of a fraction", []string{"record.retention=1500ms"}, []string{"record.retention", "whole seconds"}},
		{"bucket", []string{"storage.s3.bucket=My_Bucket"}, []string{"storage.s3.bucket", "3 to 63"}},
		{"no bucket", []string{"storage.s3.secret_key=hush"}, []string{"storage.s3.bucket", "set it"}},
		{"endpoint", append(bucket, "storage.s3.endpoint=s3.example.com"), []string{"storage.s3.endpoint", "https://"}},
		{"endpoint with a secret", append(bucket, "storage.s3.endpoint=https://a:hush@h"), []string{"storage.s3.endpoint"}},
		{"one key", append(bucket, "storage.s3.secret_key=hush"), []string{"storage.s3.secret_key", "both access_key and secret_key, or neither"}},
		{"sse", append(bucket, "storage.s3.sse=yes"), []string{"storage.s3.sse", "aws:kms"}},
		{"kms key", append(bucket, "storage.s3.kms_key=k"), []string{"storage.s3.kms_key", "aws:kms"}},
		{"class", append(bucket, "storage.s3.storage_class=a b"), []string{"storage.s3.storage_class", "STANDARD_IA"}},
		{"region", append(bucket, "storage.s3.region="), []string{"storage.s3.region", "us-east-1"}},
		{"prefix", append(bucket, "storage.s3.prefix=a/../b"), []string{"storage.s3.prefix", ".."}},
		{"not pairs", []string{"storage.mirrors=https://a:hush@h/b"}, []string{"storage.mirrors", "NAME"}},
		{"no name", []string{"storage.mirrors=https://a:hush@h/bucket?region=x"}, []string{"storage.mirrors", "NAME"}},
		{"mirror name", []string{"storage.mirrors=To_kyo=https://h/bucket"}, []string{"storage.mirrors", `"To_kyo"`, "a-z"}},
		{"taken name", []string{"storage.mirrors=s3=https://h/bucket"}, []string{"storage.mirrors: s3", "another"}},
		{"mirror without scheme", []string{"storage.mirrors=t=a:hush@h/bucket"}, []string{"storage.mirrors: t", "ACCESS_KEY:SECRET@ENDPOINT"}},
		{"slash in secret", []string{"storage.mirrors=t=https://a:hu/hush@h/bucket"}, []string{"storage.mirrors: t", "%2F"}},
		{"slash after digits", []string{"storage.mirrors=t=https://a:12/hush@h/bucket"}, []string{"storage.mirrors: t: bucket"}},
		{"question mark in secret", []string{"storage.mirrors=t=https://a:12?hush@h/bucket"}, []string{"storage.mirrors: t", "region, path_style"}},
		{"percent in secret", []string{"storage.mirrors=t=https://a:%hush@h/bucket"}, []string{"storage.mirrors: t"}},
		{"no mirror bucket", []string{"storage.mirrors=t=https://a:hush@h"}, []string{"storage.mirrors: t: bucket"}},
		{"no secret", []string{"storage.mirrors=t=https://a@h/bucket"}, []string{"storage.mirrors: t: secret_key"}},
		{"parameter", []string{"storage.mirrors=t=https://a:hush@h/bucket?class=X"}, []string{"storage.mirrors: t", "storage_class"}},
		{"style", []string{"storage.mirrors=t=https://a:hush@h/bucket?path_style=hush"}, []string{"storage.mirrors: t: path_style", "true or false"}},
		{"the same twice", []string{"storage.mirrors=a=https://h/bucket b=https://h/bucket/"}, []string{"storage.mirrors: b", "storage.mirrors: a"}},
		{"two faults", append(bucket, "storage.s3.sse=x", "storage.mirrors=t=https://h/x"), []string{"storage.s3.sse", "storage.mirrors: t: bucket"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load("", nil, tt.sets)
			if err == nil {
				t.Fatal("was accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("%q shows a secret", err)
			}
		})
	}
}
