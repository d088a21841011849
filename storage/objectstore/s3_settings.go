package objectstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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

// S3Config says where a bucket is, and with what credentials it is used.
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

// validate reports all that is wrong with the settings.
func (c *s3Settings) validate() error {
	var errs []error
	if c.Bucket == "" {
		errs = append(errs, c.fault("bucket", "is needed"))
	}
	if (c.AccessKey == "") != (c.SecretKey == "") {
		errs = append(errs, c.fault("secret_key", "access_key and secret_key go together"))
	}
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" {
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			errs = append(errs, c.fault("endpoint", "must be a URL with http:// or https://"))
		case u.User != nil:
			errs = append(errs, c.fault("endpoint", "holds a user name; access_key and secret_key are for that"))
		}
	}
	if c.prefix != "" {
		if err := CheckKey(strings.TrimSuffix(c.prefix, "/")); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", c.fault("prefix", "can't be used"), err))
		}
		if len(c.prefix) > 100 {
			errs = append(errs, c.fault("prefix", "has more than 100 bytes"))
		}
	}
	return errors.Join(errs...)
}

// fault is an error about one of our settings.
func (c *s3Settings) fault(key, text string) error {
	return &fault{reason: c.key(key) + ": " + text, permanent: true}
}

// key is a setting's name for the operator.
func (c *s3Settings) key(name string) string {
	if c.Keys == "" {
		return name
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
		static := credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey, "")
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
			credentials.NewStaticCredentialsProvider(c.AccessKey, c.SecretKey, "")))
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
