package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Put implements Store.
func (s *S3) Put(ctx context.Context, key string, body io.ReadSeeker, a Attributes) error {
	if err := errorOf(ctx, key); err != nil {
		return err
	}
	size, err := body.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("objectstore: put %s: %w", key, err)
	}
	if size > maxSinglePut {
		err = newMultipartUpload(s, key, a).put(ctx, body, size)
	} else {
		err = s.putWhole(ctx, key, body, size, a)
	}
	return s.errors.wrap("put", key, err)
}

func (s *S3) putWhole(ctx context.Context, key string, body io.ReadSeeker, size int64, a Attributes) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.cfg.Bucket, Key: s.full(key), Body: body, ContentLength: &size,
		ContentType: optional(a.ContentType), CacheControl: optional(a.CacheControl),
		StorageClass:         types.StorageClass(s.cfg.StorageClass),
		ServerSideEncryption: types.ServerSideEncryption(s.cfg.SSE), SSEKMSKeyId: optional(s.cfg.KMSKey),
	})
	return err
}

// Get implements Store. Reading a body that breaks off is an error, never an early
// end.
func (s *S3) Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, Info{}, err
	}
	if r.Offset < 0 || r.Length < 0 {
		return nil, Info{}, fmt.Errorf("%w: %d+%d", ErrRange, r.Offset, r.Length)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.cfg.Bucket, Key: s.full(key), Range: rangeHeader(r)})
	if err != nil {
		return nil, Info{}, s.errors.wrap("get", key, err)
	}
	info, err := infoOf(key, r, out)
	if err != nil {
		return nil, Info{}, errors.Join(s.errors.wrap("get", key, err), out.Body.Close())
	}
	return &exactBody{out.Body, *out.ContentLength}, info, nil
}

// rangeHeader writes a range as RFC 9110 §14.1.2 has it.
func rangeHeader(r Range) *string {
	switch {
	case r == Range{}:
		return nil
	case r.Length == 0:
		return aws.String(fmt.Sprintf("bytes=%d-", r.Offset))
	}
	return aws.String(fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
}

// infoOf reads the size of the whole object from the answer, and sees to it that
// the answer has the range that was asked for.
func infoOf(key string, r Range, out *s3.GetObjectOutput) (Info, error) {
	info := Info{Key: key, Modified: aws.ToTime(out.LastModified)}
	if out.ContentLength == nil || *out.ContentLength < 0 {
		return info, errors.New("the answer has no Content-Length")
	}
	if r == (Range{}) {
		info.Size = *out.ContentLength
		return info, nil
	}
	var first, last int64
	if _, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &first, &last, &info.Size); err != nil {
		return info, errors.New("the server ignores ranges")
	}
	if n, err := r.within(info.Size); err != nil || first != r.Offset || n != *out.ContentLength {
		return info, fmt.Errorf("the answer is another range: %s", *out.ContentRange)
	}
	return info, nil
}

// exactBody turns an early end into an error.
type exactBody struct {
	io.ReadCloser
	left int64
}

func (b *exactBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if err == io.EOF && b.left != 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("objectstore: body: %w", err)
	}
	return n, err
}

// Attributes asks for those of an object. It fails with ErrNotFound.
func (s *S3) Attributes(ctx context.Context, key string) (Attributes, error) {
	if err := errorOf(ctx, key); err != nil {
		return Attributes{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.cfg.Bucket, Key: s.full(key)})
	if codeOf(err) == "NotFound" { // a HEAD has no body to say NoSuchKey in
		return Attributes{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return Attributes{}, s.errors.wrap("get", key, err)
	}
	return Attributes{ContentType: aws.ToString(out.ContentType), CacheControl: aws.ToString(out.CacheControl)}, nil
}

// full is a key in the bucket.
func (s *S3) full(key string) *string { return aws.String(s.cfg.prefix + key) }

// optional leaves out what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
