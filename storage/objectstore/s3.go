package objectstore

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3 keeps objects in a bucket, one PutObject each. It sets no ACL. Its errors name
// the setting to change where that is known, and never hold a secret.
type S3 struct {
	cfg    *s3Settings
	errors s3Errors
	client *s3.Client
	close  func()

	deletesSingly atomic.Bool // the server has no DeleteObjects
}

// NewS3 makes a client; it makes no request yet, see Check. ctx is for
// reading the SDK's files.
func NewS3(ctx context.Context, cfg S3Config) (*S3, error) {
	settings, err := newS3Settings(cfg)
	if err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	conf, err := settings.awsConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	client := newHTTPClient(settings.Timeout)
	return &S3{cfg: settings, errors: s3Errors{settings}, close: client.CloseIdleConnections, client: s3.NewFromConfig(conf, func(o *s3.Options) {
		o.HTTPClient = client
		settings.options(o)
	})}, nil
}

// Close ends idle connections.
func (s *S3) Close() { s.close() }

// String names the store in logs.
func (s *S3) String() string { return s.cfg.String() }
