package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Range reads a part of an object that never changes, from the first source that has
// it, and does not keep it: a client that wants one picture of a segment is unlikely to want
// the rest. It fails with ErrNotFound.
func (c *Cache) Range(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, err
	}
	if length <= 0 || length > MaxSmall {
		return nil, fmt.Errorf("%w: %d bytes of %s", ErrTooLarge, length, key)
	}
	var errs []error
	for _, source := range c.sources {
		b, err := readRange(ctx, source, key, Range{Offset: offset, Length: length})
		if err == nil {
			return b, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func readRange(ctx context.Context, source Store, key string, r Range) ([]byte, error) {
	body, _, err := source.Get(ctx, key, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	b := make([]byte, r.Length)
	_, err = io.ReadFull(body, b)
	return b, err
}
