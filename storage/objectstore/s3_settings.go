package objectstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/globalfandom/lightstick/internal/setting"
)

const (
	defaultAttempt = 10 * time.Second
	// attempts of one call. Callers have queues of their own that retry, and a
	// segment that waits for a third attempt here is late everywhere else.
	attempts   = 2
	maxBackoff = 500 * time.Millisecond
	// credentialsTimeout bounds each question to a service that gives credentials.
	// Outside of AWS there is no answer at the address of the instance's metadata.
	credentialsTimeout = 2 * time.Second
)

// S3Config says where a bucket is, and with what credentials it is used. What has a key is
// storage.s3.* of the configuration.
type S3Config struct {
	Name      string         // of the store, in errors; empty: the bucket's
	Keys      string         // what messages about settings begin with, such as "storage.s3"
	Endpoint  string         `key:"storage.s3.endpoint" default:"" help:"URL of the S3 server, without the bucket. Empty: Amazon S3 in storage.s3.region."`
	Bucket    string         `key:"storage.s3.bucket" default:"" help:"Bucket for finished media. Empty: everything stays on the local disk."`
	Region    string         `key:"storage.s3.region" default:"us-east-1" help:"Region that requests are signed for."` // empty: us-east-1 with an Endpoint, else that of the environment
	Prefix    string         `key:"storage.s3.prefix" default:"" help:"Beginning of every object's key, such as live/tokyo, at most 100 characters. Empty: none."`
	AccessKey string         `key:"storage.s3.access_key" default:"" help:"Access key ID. Set both it and storage.s3.secret_key, or neither."` // empty: the SDK's chain of environment, files, instance role
	SecretKey setting.Secret `key:"storage.s3.secret_key" default:"" help:"Secret access key of storage.s3.access_key."`
	PathStyle bool           `key:"storage.s3.path_style" default:"false" help:"Whether URLs have the bucket in the path and not in the host name: true or false. MinIO and most servers except Amazon's require it."`

	StorageClass string `key:"storage.s3.storage_class" default:"" help:"Storage class of new objects, such as STANDARD_IA. Empty: the bucket's default."`
	SSE          string `key:"storage.s3.sse" default:"" help:"Server-side encryption: AES256, aws:kms or aws:kms:dsse. Empty: the bucket's default."`
	KMSKey       string `key:"storage.s3.kms_key" default:"" help:"Key for storage.s3.sse=aws:kms. Empty: the account's."`

	// Timeout is how long one attempt may take to be answered, 0: 10 s. For the body
	// of a Put a second per megabyte comes on top; the body of a Get may pause for
	// so long.
	Timeout time.Duration
}

// s3Settings are a configuration with its defaults.
type s3Settings struct {
	S3Config
	prefix string // "" or with a slash at its end
}

// newS3Settings reports all that is wrong with a configuration.
func newS3Settings(cfg S3Config) (*s3Settings, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultAttempt)
	cfg.Name = cmp.Or(cfg.Name, cfg.Bucket)
	if cfg.Endpoint != "" {
		cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	}
	c := &s3Settings{S3Config: cfg}
	if p := strings.Trim(cfg.Prefix, "/"); p != "" {
		c.prefix = p + "/"
	}
	return c, c.validate()
}

// String names the store in logs and errors.
func (c *s3Settings) String() string { return "s3 " + c.Name }

// maxPrefix bounds a prefix, in bytes: object keys end at 1024 (Amazon S3).
const maxPrefix = 100

var kinds = []string{"", "AES256", "aws:kms", "aws:kms:dsse"}

// validate reports all that is wrong, without quoting it.
func (c *S3Config) validate() error {
	var errs []error
	check := func(ok bool, name, text string) {
		if !ok {
			errs = append(errs, c.fault(name, text))
		}
	}
	check(c.Bucket != "", "bucket", "is needed")
	check((c.AccessKey == "") == (c.SecretKey == ""), "secret_key", "set both access_key and secret_key, or neither")
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" {
		check(err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.RawQuery == "" && u.Fragment == "",
			"endpoint", "not a URL such as https://s3.example.com")
		check(err != nil || u.User == nil, "endpoint", "holds a user name; use access_key and secret_key for that")
	}
	if prefix := strings.Trim(c.Prefix, "/"); prefix != "" {
		check(CheckKey(prefix) == nil && len(prefix) <= maxPrefix && !notPrintable.MatchString(prefix), "prefix",
			fmt.Sprintf("use at most %d printable ASCII characters, and neither empty elements nor . or ..", maxPrefix))
	}
	check(c.StorageClass == "" || plainWord.MatchString(c.StorageClass), "storage_class", "not a storage class; use one such as STANDARD_IA")
	check(slices.Contains(kinds, c.SSE), "sse", "use AES256, aws:kms, aws:kms:dsse or nothing")
	check(c.KMSKey == "" || strings.HasPrefix(c.SSE, "aws:kms"), "kms_key", "needs sse to be aws:kms")
	return errors.Join(errs...)
}

// fault is an error about one of our settings.
func (c *S3Config) fault(key, text string) error {
	return &fault{reason: c.key(key) + ": " + text, permanent: true}
}

// key is a setting's name for the operator.
func (c *S3Config) key(name string) string {
	switch {
	case c.Keys == "":
		return name
	case strings.Contains(c.Keys, ": "): // a mirror: what follows is a part of its URL
		return c.Keys + ": " + name
	}
	return c.Keys + "." + name
}

// options are ours whatever the environment says.
func (c *s3Settings) options(o *s3.Options) {
	o.UsePathStyle = c.PathStyle
	// Some servers know none of the checksums that the SDK would add.
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	o.DisableLogOutputChecksumValidationSkipped = true
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff, r.RateLimiter = attempts, maxBackoff, ratelimit.None
	})
	if c.Endpoint != "" {
		o.BaseEndpoint = &c.Endpoint
	}
	if !strings.HasPrefix(c.Endpoint, "http://") {
		// TLS protects the body already; hashing it would read it once more.
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}
}

// awsConfig finds credentials and region.
func (c *s3Settings) awsConfig(ctx context.Context) (aws.Config, error) {
	if c.AccessKey != "" && c.Region != "" {
		// Nothing in the environment can change or break what is configured.
		static := credentials.NewStaticCredentialsProvider(c.AccessKey, string(c.SecretKey), "")
		return aws.Config{Region: c.Region, Credentials: static}, nil
	}
	metadata := imds.New(imds.Options{HTTPClient: &http.Client{Timeout: credentialsTimeout}, Retryer: aws.NopRetryer{}})
	options := []func(*config.LoadOptions) error{
		config.WithRegion(c.Region),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(2 * credentialsTimeout)),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = metadata }),
	}
	if c.AccessKey != "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(c.AccessKey, string(c.SecretKey), "")))
	}
	conf, err := config.LoadDefaultConfig(ctx, options...)
	switch {
	case err != nil:
		return conf, fmt.Errorf("the SDK's configuration: %w", err)
	case conf.Region == "":
		return conf, c.fault("region", "is needed without an endpoint, such as eu-central-1")
	}
	conf.Credentials = aws.NewCredentialsCache(credentialsSource{conf.Credentials})
	return conf, nil
}

// credentialsSource marks the errors of the SDK's chain, which has no type for them.
type credentialsSource struct{ aws.CredentialsProvider }

// Retrieve implements aws.CredentialsProvider.
func (c credentialsSource) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		return found, &noCredentials{err}
	}
	return found, err
}

type noCredentials struct{ error }

func (e *noCredentials) Unwrap() error { return e.error }
