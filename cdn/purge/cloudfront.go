package purge

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// cloudFront: cloudfront://ACCESS_KEY:SECRET@DISTRIBUTION; without keys those that the
// SDK finds (environment, instance role).
type cloudFront struct {
	api          *cloudfront.Client
	distribution string
}

// cloudFrontPaths is how many paths with a wildcard may be in progress (CloudFront's
// developer guide, "Quotas": 15).
const cloudFrontPaths = 15

func (t *Target) cloudFront(u *url.URL) error {
	q, err := options(u, "region", "endpoint")
	if err != nil {
		return err
	}
	secret, hasSecret := u.User.Password()
	if (u.User.Username() == "") != (secret == "" || !hasSecret) {
		return errors.New("a key or the distribution is missing; use cloudfront://ACCESS_KEY:SECRET@DISTRIBUTION, or leave both keys out")
	}
	// The API is global; requests are signed for us-east-1.
	loads := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(cmp.Or(q.Get("region"), "us-east-1")),
		// The queue tries again.
		awsconfig.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if secret != "" {
		loads = append(loads, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(u.User.Username(), secret, "")))
	}
	cfg, err := awsconfig.LoadDefaultConfig(context.Background(), loads...)
	if err != nil {
		return errors.New("the AWS configuration of this machine can't be read")
	}
	t.Purger = &cloudFront{distribution: u.Host, api: cloudfront.NewFromConfig(cfg, func(o *cloudfront.Options) {
		o.HTTPClient = newClient()
		if e := q.Get("endpoint"); e != "" {
			o.BaseEndpoint = aws.String(e)
		}
	})}
	t.Batch = cloudFrontPaths
	return nil
}

// Purge implements Purger.
func (c *cloudFront) Purge(ctx context.Context, objects []Object) error {
	paths := make([]string, len(objects))
	for i, o := range objects {
		paths[i] = o.Path() + "*"
	}
	_, err := c.api.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: aws.String(c.distribution),
		InvalidationBatch: &types.InvalidationBatch{
			CallerReference: aws.String("lightstick-" + randomid.New()),
			Paths:           &types.Paths{Quantity: aws.Int32(int32(len(paths))), Items: paths},
		},
	})
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= 300:
		status := answer.HTTPStatusCode()
		if many := (*types.TooManyInvalidationsInProgress)(nil); errors.As(err, &many) {
			return &statusError{http.StatusTooManyRequests, "too many invalidations are in progress"}
		}
		return &statusError{status, advise(status, "the keys in purge.targets, which need cloudfront:CreateInvalidation", "the distribution's ID in purge.targets")}
	}
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return errors.New("no call could be made; check that there are AWS keys for it")
}
