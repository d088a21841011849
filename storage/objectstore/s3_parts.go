package objectstore

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// maxSinglePut is the largest object put in one request. A request is repeated
	// as a whole when it fails, so that larger ones go in parts.
	maxSinglePut = 64 << 20
	partSize     = 32 << 20
)

// putParts puts an object in parts, one after the other: nothing so large is live,
// and nothing is held in memory.
func (s *S3) putParts(ctx context.Context, key string, body io.ReadSeeker, size int64, a Attributes) error {
	upload, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.cfg.Bucket, Key: s.full(key),
		ContentType: optional(a.ContentType), CacheControl: optional(a.CacheControl),
		StorageClass:         types.StorageClass(s.cfg.StorageClass),
		ServerSideEncryption: types.ServerSideEncryption(s.cfg.SSE), SSEKMSKeyId: optional(s.cfg.KMSKey),
	})
	if err != nil {
		return err
	}
	parts, err := s.uploadParts(ctx, upload, body, size)
	if err == nil {
		_, err = s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: upload.Bucket, Key: s.full(key), UploadId: upload.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
	}
	if err != nil {
		s.abort(ctx, key, upload.UploadId)
	}
	return err
}

func (s *S3) uploadParts(ctx context.Context, upload *s3.CreateMultipartUploadOutput, body io.ReadSeeker, size int64) ([]types.CompletedPart, error) {
	var parts []types.CompletedPart
	for at := int64(0); at < size; at += partSize {
		number := aws.Int32(int32(len(parts) + 1))
		part := &window{body: body, start: at, size: min(partSize, size-at)}
		out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &s.cfg.Bucket, Key: upload.Key, UploadId: upload.UploadId,
			PartNumber: number, Body: part, ContentLength: &part.size,
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
func (s *S3) abort(ctx context.Context, key string, upload *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout+time.Second)
	defer cancel()
	_, _ = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &s.cfg.Bucket, Key: s.full(key), UploadId: upload,
	})
}

// window is a stretch of a body as a body of its own.
type window struct {
	body        io.ReadSeeker
	start, size int64
	at          int64
}

func (w *window) Read(p []byte) (int, error) {
	if w.at >= w.size {
		return 0, io.EOF
	}
	if _, err := w.body.Seek(w.start+w.at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := w.body.Read(p[:min(int64(len(p)), w.size-w.at)])
	w.at += int64(n)
	return n, err
}

func (w *window) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += w.at
	case io.SeekEnd:
		offset += w.size
	}
	if offset < 0 {
		return 0, ErrRange
	}
	w.at = offset
	return offset, nil
}
