package objectstore

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
)

const (
	maxBatch = 1000 // of DeleteObjects, and of a page of ListObjectsV2
	// singleDeletes is how many run at once where there are no batches.
	singleDeletes = 8
)

// List implements Store. Our marker is not listed: a client that deletes what is listed
// must not delete that.
func (s *S3) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.cfg.Bucket, Prefix: s.full(prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Info{}, s.errors.wrap("list", prefix, err))
				return
			}
			if !s.yieldPage(page.Contents, yield) {
				return
			}
		}
	}
}

func (s *S3) yieldPage(objects []types.Object, yield func(Info, error) bool) bool {
	for _, o := range objects {
		key := strings.TrimPrefix(aws.ToString(o.Key), s.cfg.prefix)
		// Consoles make objects for folders, with a slash at their end.
		if key == markerKey || CheckKey(key) != nil {
			continue
		}
		if !yield(Info{Key: key, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}, nil) {
			return false
		}
	}
	return true
}

// Delete implements Store, a thousand objects a request.
func (s *S3) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := errorOf(ctx, key); err != nil {
			return err
		}
	}
	var errs []error
	for batch := range slices.Chunk(keys, maxBatch) {
		errs = append(errs, s.deleteBatch(ctx, batch))
	}
	return errors.Join(errs...)
}

func (s *S3) deleteBatch(ctx context.Context, keys []string) error {
	if s.deletesSingly.Load() || len(keys) == 1 {
		return s.deleteSingly(ctx, keys)
	}
	objects := make([]types.ObjectIdentifier, len(keys))
	for i, key := range keys {
		objects[i].Key = s.full(key)
	}
	out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &s.cfg.Bucket, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	switch code := codeOf(err); {
	case code == "NotImplemented" || code == "MethodNotAllowed":
		s.deletesSingly.Store(true)
		return s.deleteSingly(ctx, keys)
	case err != nil:
		return s.errors.wrap("delete", keys[0]+" …", err)
	}
	return s.firstFailure(out.Errors)
}

// firstFailure reports the first of those that a batch had: the others have the same
// reason, as a rule.
func (s *S3) firstFailure(failed []types.Error) error {
	for _, f := range failed {
		err := &smithy.GenericAPIError{Code: aws.ToString(f.Code), Message: aws.ToString(f.Message)}
		if !isNoSuchKey(err) {
			return s.errors.wrap("delete", strings.TrimPrefix(aws.ToString(f.Key), s.cfg.prefix), err)
		}
	}
	return nil
}

func (s *S3) deleteSingly(ctx context.Context, keys []string) error {
	var g errgroup.Group
	g.SetLimit(singleDeletes)
	for _, key := range keys {
		g.Go(func() error {
			_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.cfg.Bucket, Key: s.full(key)})
			if isNoSuchKey(err) {
				return nil
			}
			return s.errors.wrap("delete", key, err)
		})
	}
	return g.Wait()
}
