package objectstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// markerKey is the object that says that a prefix is ours.
	markerKey = "lightstick.json"
	// markerText is what it holds: the version of the layout below the prefix.
	markerText    = `{"lightstick":1}`
	markerVersion = 1
)

// Check is for the start: the bucket answers as one of S3 does, and what is below
// the prefix is ours, which our marker says. An empty prefix gets the marker. Where
// there are objects without it, nothing is written. Other applications may share
// the bucket below other prefixes.
func (s *S3) Check(ctx context.Context) error {
	err := s.checkMarker(ctx)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := s.checkEmpty(ctx); err != nil {
		return err
	}
	a := Attributes{ContentType: "application/json", CacheControl: "no-store"}
	if err := s.Put(ctx, markerKey, strings.NewReader(markerText), a); err != nil {
		return err
	}
	// Some web servers say yes to every PUT.
	if err := s.checkMarker(ctx); err != nil {
		return fmt.Errorf("objectstore: %s: what was put can't be read back: %w", s, err)
	}
	return nil
}

func (s *S3) checkMarker(ctx context.Context) error {
	body, _, err := s.Get(ctx, markerKey, Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err != nil {
		return s.errors.wrap("get", markerKey, err)
	}
	var marker struct {
		Lightstick int `json:"lightstick"`
	}
	switch err := json.Unmarshal(text, &marker); {
	case err != nil || marker.Lightstick == 0:
		return fmt.Errorf("objectstore: %s: %w", s, s.cfg.fault("prefix", fmt.Sprintf(
			"%s%s holds something else than ours; another prefix is needed", s.cfg.prefix, markerKey)))
	case marker.Lightstick > markerVersion:
		return fmt.Errorf("objectstore: %s: %w", s, s.cfg.fault("prefix", fmt.Sprintf(
			"a later version has written there (%d, this one knows %d)", marker.Lightstick, markerVersion)))
	}
	return nil
}

// checkEmpty fails when there is any object below the prefix.
func (s *S3) checkEmpty(ctx context.Context) error {
	out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &s.cfg.Bucket, Prefix: &s.cfg.prefix, MaxKeys: aws.Int32(2),
	})
	if err != nil {
		return s.errors.wrap("list", s.cfg.prefix, err)
	}
	if aws.ToString(out.Name) == "" {
		return s.errors.wrap("list", s.cfg.prefix, errNotS3)
	}
	for _, o := range out.Contents {
		// A console's folder is no object of anybody.
		if key := aws.ToString(o.Key); key != s.cfg.prefix && key != s.cfg.prefix+markerKey {
			return fmt.Errorf("objectstore: %s: %w", s, s.cfg.fault("prefix", fmt.Sprintf(
				"there are objects that Lightstick has not put, such as %q; name a prefix of its own"+
					" (or, if they are Lightstick's, put %s%s there, with %s)", key, s.cfg.prefix, markerKey, markerText)))
		}
	}
	return nil
}
