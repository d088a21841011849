package objectstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Permanent tells whether an error stays until the configuration changes: wrong
// credentials, bucket, region, a bad key. Time-outs, resets and a server's 5xx and
// SlowDown are not.
func Permanent(err error) bool {
	var f *fault
	return errors.Is(err, ErrKey) || (errors.As(err, &f) && f.permanent)
}

// fault is an error whose reason is known, with the setting to change.
type fault struct {
	reason    string
	permanent bool
	cause     error
}

func (f *fault) Error() string {
	if detail := detailOf(f.cause); detail != "" {
		return f.reason + " (" + detail + ")"
	}
	return f.reason
}

func (f *fault) Unwrap() error { return f.cause }

// detailOf shortens an error of the SDK, which tells ids of requests and hosts.
func detailOf(err error) string {
	if code := codeOf(err); code != "" {
		return code
	}
	var op *net.OpError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &op):
		return op.Error()
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}

// s3Errors finds out what went wrong, and which setting to change.
type s3Errors struct{ cfg *s3Settings }

// errNotS3 is an answer that no S3 server gives.
var errNotS3 = errors.New("the answer is not one of S3")

// wrap adds what was being done to an error, and what is to be done about it.
func (e s3Errors) wrap(op, key string, err error) error {
	if err == nil {
		return nil
	}
	if isNoSuchKey(err) {
		return fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if statusOf(err) == 416 {
		return fmt.Errorf("%w: of %s", ErrRange, key)
	}
	return fmt.Errorf("objectstore: %s: %s %s: %w", e.cfg, op, strconv.Quote(key), e.explain(op, err))
}

// explain finds the reason of a failure; those without a known one stay as they
// are.
func (e s3Errors) explain(op string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	reason, permanent := e.apiReason(op, err)
	if reason == "" {
		reason, permanent = e.networkReason(err)
	}
	if reason == "" {
		return err
	}
	return &fault{reason: reason, permanent: permanent, cause: err}
}

// actions are what a policy has to allow, by what was being done.
var actions = map[string]string{
	"put":    "s3:PutObject",
	"get":    "s3:GetObject (and s3:ListBucket, without which a missing object looks forbidden)",
	"list":   "s3:ListBucket",
	"delete": "s3:DeleteObject",
}

// apiReason explains what the server answered.
func (e s3Errors) apiReason(op string, err error) (reason string, permanent bool) {
	bucket := fmt.Sprintf("%q", e.cfg.Bucket)
	switch code := codeOf(err); code {
	case "InvalidAccessKeyId", "XAdminUserNotFound": // the latter is versitygw's
		return e.cfg.key("access_key") + ": the server doesn't know this access key", true
	case "InvalidToken", "ExpiredToken", "TokenRefreshRequired":
		return e.cfg.key("access_key") + ": the session of these credentials has ended", true
	case "SignatureDoesNotMatch":
		return e.cfg.key("secret_key") + ": the secret key is not that of the access key", true
	case "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem":
		return e.cfg.key("access_key") + ": its policy for bucket " + bucket + " lacks " + actions[op], true
	case "NoSuchBucket":
		return e.cfg.key("bucket") + ": there is no bucket " + bucket + " at this endpoint", true
	case "InvalidBucketName":
		return e.cfg.key("bucket") + ": " + bucket + " is no name of a bucket", true
	case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "InvalidRegion":
		return e.regionReason(err), true
	case "RequestTimeTooSkewed":
		return "this machine's clock is off" + skew(err) + "; set it, by NTP for example", false
	case "InvalidStorageClass":
		return e.cfg.key("storage_class") + ": the server has no " + e.cfg.StorageClass, true
	default:
		if strings.HasPrefix(code, "KMS.") {
			return e.cfg.key("kms_key") + ": the key can't be used", true
		}
	}
	var missing *noCredentials
	if errors.As(err, &missing) {
		return e.cfg.key("access_key") + ": no credentials: set access_key and secret_key, or give the process" +
			" AWS_ACCESS_KEY_ID, a profile or an instance role", true
	}
	return "", false
}

// expecting finds the region in AWS' message of AuthorizationHeaderMalformed.
var expecting = regexp.MustCompile(`expecting '?([a-z0-9-]+)`)

func (e s3Errors) regionReason(err error) string {
	right := ""
	if h := headerOf(err); h != nil {
		right = h.Get("X-Amz-Bucket-Region")
	}
	var api smithy.APIError
	if errors.As(err, &api) && right == "" {
		if m := expecting.FindStringSubmatch(api.ErrorMessage()); m != nil {
			right = m[1]
		}
	}
	if right == "" {
		return e.cfg.key("region") + ": the bucket is in another region"
	}
	return e.cfg.key("region") + ": the bucket's region is " + right
}

// skew is by how much our clock differs from that of the answer.
func skew(err error) string {
	date, parsed := http.ParseTime(headerOf(err).Get("Date"))
	if parsed != nil {
		return ""
	}
	return " by " + time.Since(date).Round(time.Minute).Abs().String()
}

// networkReason explains why there is no answer of S3.
func (e s3Errors) networkReason(err error) (reason string, permanent bool) {
	endpoint := e.cfg.key("endpoint") + ": "
	var op *net.OpError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var undecodable *smithy.DeserializationError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record):
		return endpoint + "no TLS is spoken there; http:// may be meant", true
	case errors.As(err, &certificate):
		return endpoint + "the certificate is not trusted", false
	case errors.As(err, &dns):
		return endpoint + "there is no host of that name", false
	case errors.As(err, &op) && op.Op == "dial":
		return endpoint + "can't be reached", false
	case strings.Contains(err.Error(), "malformed HTTP"):
		return endpoint + "no HTTP is spoken there; https:// may be meant", true
	case errors.As(err, &undecodable) && isBroken(err) && statusOf(err) == http.StatusBadRequest:
		// Go's TLS servers, among others, say so in plain text and reset.
		return endpoint + "answers, but not as an S3 server does; https:// may be meant", true
	case errors.As(err, &undecodable) && isBroken(err):
		return "", false // the answer broke off
	case errors.Is(err, errNotS3) || errors.As(err, &undecodable) || isForeignStatus(err):
		return endpoint + "answers, but not as an S3 server does", true
	}
	return "", false
}

// isBroken tells a connection's failure from an answer that is no XML.
func isBroken(err error) bool {
	var op net.Error
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op)
}

// isForeignStatus tells a refusal without an error code of S3.
func isForeignStatus(err error) bool {
	var api smithy.APIError
	status := statusOf(err)
	if !errors.As(err, &api) {
		return false
	}
	// The SDK makes "NotFound" of a 404 without a body that it understands.
	code := api.ErrorCode()
	return (code == "UnknownError" || code == "NotFound") && status >= 300 && status < 500 &&
		status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

func isNoSuchKey(err error) bool { return codeOf(err) == "NoSuchKey" }

// codeOf is S3's error code, or "".
func codeOf(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "UnknownError" {
		return ""
	}
	return api.ErrorCode()
}

// statusOf is the status of the answer, or 0.
func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func headerOf(err error) http.Header {
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.Response.Header
	}
	return nil
}
