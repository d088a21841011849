package objectstore

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/globalfandom/lightstick/internal/section"
)

const (
	// maxSinglePut is the largest object put in one request. A request is repeated
	// as a whole when it fails, so that larger ones go in parts.
	maxSinglePut = 64 << 20
	partSize     = 32 << 20
)

// multipartUpload puts an object in parts, one after the other: nothing so large is live,
// and nothing is held in memory.
type multipartUpload struct {
	client  *s3.Client
	timeout time.Duration // of freeing what was uploaded
	create  *s3.CreateMultipartUploadInput
}

func newMultipartUpload(s *S3, key string, a Attributes) *multipartUpload {
	return &multipartUpload{client: s.client, timeout: s.cfg.Timeout + time.Second, create: &s3.CreateMultipartUploadInput{
		Bucket: &s.cfg.Bucket, Key: s.full(key),
		ContentType: optional(a.ContentType), CacheControl: optional(a.CacheControl),
		StorageClass:         types.StorageClass(s.cfg.StorageClass),
		ServerSideEncryption: types.ServerSideEncryption(s.cfg.SSE), SSEKMSKeyId: optional(s.cfg.KMSKey),
	}}
}

func (u *multipartUpload) put(ctx context.Context, body io.ReadSeeker, size int64) error {
	created, err := u.client.CreateMultipartUpload(ctx, u.create)
	if err != nil {
		return err
	}
	parts, err := u.putParts(ctx, created.UploadId, body, size)
	if err == nil {
		_, err = u.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: u.create.Bucket, Key: u.create.Key, UploadId: created.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
	}
	if err != nil {
		u.abort(ctx, created.UploadId)
	}
	return err
}

func (u *multipartUpload) putParts(ctx context.Context, id *string, body io.ReadSeeker, size int64) ([]types.CompletedPart, error) {
	var parts []types.CompletedPart
	for at := int64(0); at < size; at += partSize {
		number := aws.Int32(int32(len(parts) + 1))
		part := section.New(body, at, min(partSize, size-at))
		out, err := u.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: u.create.Bucket, Key: u.create.Key, UploadId: id,
			PartNumber: number, Body: part, ContentLength: aws.Int64(part.Size()),
		})
		if err != nil {
			return nil, err
		}
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: number})
	}
	return parts, nil
}

// abort frees what was uploaded, which otherwise is paid for and can't be seen. It
// has its own time: often ctx is why the upload failed.
func (u *multipartUpload) abort(ctx context.Context, id *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), u.timeout)
	defer cancel()
	_, _ = u.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: u.create.Bucket, Key: u.create.Key, UploadId: id,
	})
}
