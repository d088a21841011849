package objectstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	defaultAttempt = 10 * time.Second
	// attempts of one call. Callers have queues of their own that retry, and a
	// segment that waits for a third attempt here is late everywhere else.
	attempts   = 2
	maxBackoff = 500 * time.Millisecond
)

// S3Config says where a bucket is, and who asks.
type S3Config struct {
	Name      string // of the store, in errors; empty: the bucket's
	Keys      string // what messages about settings begin with, such as "storage.s3"
	Endpoint  string // http:// or https:// URL; empty: AWS
	Bucket    string
	Region    string // empty: us-east-1 with an Endpoint, else that of the environment
	Prefix    string // below which everything is; empty: the bucket is ours alone
	AccessKey string // empty: the SDK's chain of environment, files, instance role
	SecretKey string
	PathStyle bool // endpoint/bucket/key instead of bucket.endpoint/key

	StorageClass string // such as STANDARD_IA; empty: the bucket's default
	SSE          string // AES256 | aws:kms | aws:kms:dsse; empty: the bucket's default
	KMSKey       string // of aws:kms; empty: the account's

	// Timeout is how long one attempt may take to be answered, 0: 10 s. For the body
	// of a Put a second per megabyte comes on top; the body of a Get may pause for
	// so long.
	Timeout time.Duration
}

// S3 keeps objects in a bucket, one PutObject each. It sets no ACL. Its errors name
// the setting to change where that is known, and never hold a secret.
type S3 struct {
	cfg    S3Config
	prefix string // "" or with a slash at its end
	client *s3.Client
	close  func()

	deletesSingly atomic.Bool // the server has no DeleteObjects
}

// NewS3 makes a client; it asks nobody for anything yet, see Check. ctx is for
// reading the SDK's files.
func NewS3(ctx context.Context, cfg S3Config) (*S3, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultAttempt)
	cfg.Name = cmp.Or(cfg.Name, cfg.Bucket)
	if cfg.Endpoint != "" {
		cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	}
	s := &S3{cfg: cfg}
	if p := strings.Trim(cfg.Prefix, "/"); p != "" {
		s.prefix = p + "/"
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	conf, err := s.awsConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	client := newHTTPClient(cfg.Timeout)
	s.close = client.CloseIdleConnections
	s.client = s3.NewFromConfig(conf, func(o *s3.Options) {
		o.HTTPClient = client
		s.options(o)
	})
	return s, nil
}

// options are ours whatever the environment says.
func (s *S3) options(o *s3.Options) {
	o.UsePathStyle = s.cfg.PathStyle
	// Some servers know none of the checksums that the SDK would add.
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	o.DisableLogOutputChecksumValidationSkipped = true
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff, r.RateLimiter = attempts, maxBackoff, ratelimit.None
	})
	if s.cfg.Endpoint != "" {
		o.BaseEndpoint = &s.cfg.Endpoint
	}
	if !strings.HasPrefix(s.cfg.Endpoint, "http://") {
		// TLS protects the body already; hashing it would read it once more.
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}
}

// Close ends idle connections.
func (s *S3) Close() { s.close() }

// String names the store in logs.
func (s *S3) String() string { return "s3 " + s.cfg.Name }

// validate reports all that is wrong with the settings.
func (s *S3) validate() error {
	var errs []error
	if s.cfg.Bucket == "" {
		errs = append(errs, s.setting("bucket", "is needed"))
	}
	if (s.cfg.AccessKey == "") != (s.cfg.SecretKey == "") {
		errs = append(errs, s.setting("secret_key", "access_key and secret_key go together"))
	}
	if u, err := url.Parse(s.cfg.Endpoint); s.cfg.Endpoint != "" {
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			errs = append(errs, s.setting("endpoint", "must be a URL with http:// or https://"))
		case u.User != nil:
			errs = append(errs, s.setting("endpoint", "holds a user name; access_key and secret_key are for that"))
		}
	}
	if s.prefix != "" {
		if err := CheckKey(strings.TrimSuffix(s.prefix, "/")); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", s.setting("prefix", "can't be used"), err))
		}
		if len(s.prefix) > 100 {
			errs = append(errs, s.setting("prefix", "has more than 100 bytes"))
		}
	}
	return errors.Join(errs...)
}

// setting is an error about one of our settings.
func (s *S3) setting(key, text string) error {
	return &fault{reason: s.key(key) + ": " + text, permanent: true}
}

// key is a setting's name for the operator.
func (s *S3) key(name string) string {
	if s.cfg.Keys == "" {
		return name
	}
	return s.cfg.Keys + "." + name
}
