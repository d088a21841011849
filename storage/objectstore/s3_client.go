package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

const (
	dialTimeout = 3 * time.Second
	// maxConnections to the endpoint at once; further requests wait for one.
	maxConnections = 128
	// credentialsTimeout bounds each question to a service that gives credentials.
	// Outside of AWS nobody answers at the address of the instance's metadata.
	credentialsTimeout = 2 * time.Second
	// bodyRate is the slowest upload that is not given up, in bytes a second.
	bodyRate = 1 << 20
)

// awsConfig finds credentials and region.
func (s *S3) awsConfig(ctx context.Context) (aws.Config, error) {
	if s.cfg.AccessKey != "" && s.cfg.Region != "" {
		// Nothing in the environment can change or break what is configured.
		static := credentials.NewStaticCredentialsProvider(s.cfg.AccessKey, s.cfg.SecretKey, "")
		return aws.Config{Region: s.cfg.Region, Credentials: static}, nil
	}
	metadata := imds.New(imds.Options{HTTPClient: &http.Client{Timeout: credentialsTimeout}, Retryer: aws.NopRetryer{}})
	options := []func(*config.LoadOptions) error{
		config.WithRegion(s.cfg.Region),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(2 * credentialsTimeout)),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = metadata }),
	}
	if s.cfg.AccessKey != "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(s.cfg.AccessKey, s.cfg.SecretKey, "")))
	}
	conf, err := config.LoadDefaultConfig(ctx, options...)
	switch {
	case err != nil:
		return conf, fmt.Errorf("the SDK's configuration: %w", err)
	case conf.Region == "":
		return conf, s.setting("region", "is needed without an endpoint, such as eu-central-1")
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

// newHTTPClient bounds whatever may hang.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   2 * dialTimeout,
		ExpectContinueTimeout: time.Second,
		MaxConnsPerHost:       maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       30 * time.Second, // some servers close after 60 s
		ForceAttemptHTTP2:     false,            // one TCP connection for all would be one queue
		DisableCompression:    true,             // objects come as they were stored
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
	}
	return &http.Client{
		Transport: &attemptTransport{transport, timeout},
		// S3's redirects say that the region is wrong, and the signature fits no
		// other host: they are answers.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// attemptTransport gives each attempt its own time limit; http.Client's would cut
// off a long body that is read as slowly as its viewer plays.
type attemptTransport struct {
	*http.Transport
	timeout time.Duration
}

// errAttempt is a time-out of one attempt: the SDK tries again.
type errAttempt struct{ after time.Duration }

func (e *errAttempt) Error() string   { return fmt.Sprintf("no answer within %v", e.after) }
func (e *errAttempt) Timeout() bool   { return true }
func (e *errAttempt) Temporary() bool { return true }

// RoundTrip implements http.RoundTripper.
func (t *attemptTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	limit := t.timeout + time.Duration(max(r.ContentLength, 0))*time.Second/bodyRate
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(limit, func() { cancel(&errAttempt{limit}) })
	response, err := t.Transport.RoundTrip(r.WithContext(ctx))
	timer.Stop()
	if err != nil {
		err = attemptError(ctx, err)
		cancel(nil)
		return nil, err
	}
	pause := time.AfterFunc(t.timeout, func() { cancel(&errAttempt{t.timeout}) })
	pause.Stop()
	response.Body = &attemptBody{response.Body, ctx, cancel, pause, t.timeout}
	return response, nil
}

// attemptError prefers our own reason for cancelling.
func attemptError(ctx context.Context, err error) error {
	var timeout *errAttempt
	if errors.As(context.Cause(ctx), &timeout) {
		return timeout
	}
	return err
}

// attemptBody lets the server pause for so long, and its reader for as long as it
// likes.
type attemptBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	pause  *time.Timer
	limit  time.Duration
}

func (b *attemptBody) Read(p []byte) (int, error) {
	b.pause.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.pause.Stop()
	if err != nil && err != io.EOF {
		err = attemptError(b.ctx, err)
	}
	return n, err
}

func (b *attemptBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
