package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// fetch reads an object from the first source that has it, and save stores it.
// It waits for its turn among the fetches.
func (c *Cache) fetch(ctx context.Context, key string, save func(context.Context, io.Reader, Info) (object, error)) (object, error) {
	if _, ok := c.missing.get(key); ok {
		return object{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	select {
	case c.fetches <- struct{}{}:
		defer func() { <-c.fetches }()
	case <-ctx.Done():
		return object{}, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return object{}, err // all have left while it waited
	}
	var errs []error
	for _, source := range c.sources {
		o, err := fetchFrom(ctx, source, key, save)
		if err == nil || errors.Is(err, errDisk) || errors.Is(err, ErrTooLarge) || ctx.Err() != nil {
			return o, err
		}
		if !errors.Is(err, ErrNotFound) {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return object{}, errors.Join(errs...) // one that failed may have it
	}
	c.missing.put(key, struct{}{}, 1)
	return object{}, fmt.Errorf("%w: %s", ErrNotFound, key)
}

func fetchFrom(ctx context.Context, source Store, key string, save func(context.Context, io.Reader, Info) (object, error)) (object, error) {
	body, info, err := source.Get(ctx, key, Range{})
	if err != nil {
		return object{}, err
	}
	defer body.Close()
	return save(ctx, body, info)
}

// saveToDisk writes an object into a file.
func (c *Cache) saveToDisk(ctx context.Context, body io.Reader, info Info) (object, error) {
	err := c.writeToDisk(ctx, info.Key, body, info.Size)
	if errors.Is(err, errDisk) && !errors.Is(err, errNoRoom) {
		c.failing.put("disk", struct{}{}, 1)
	}
	return object{info: info}, err
}

// saveToMemory keeps an object in memory for a moment.
func (c *Cache) saveToMemory(_ context.Context, body io.Reader, info Info) (object, error) {
	if info.Size > MaxSmall {
		return object{}, fmt.Errorf("%w: %s has %d bytes", ErrTooLarge, info.Key, info.Size)
	}
	data := make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return object{}, err
	}
	o := object{data: data, info: info}
	c.small.put(info.Key, o, info.Size+1)
	return o, nil
}

// openRemote reads an object from its source as far as it is read itself.
func (c *Cache) openRemote(ctx context.Context, key string) (io.ReadSeekCloser, Info, error) {
	var errs []error
	for _, source := range c.sources {
		body, info, err := source.Get(ctx, key, Range{})
		if err == nil {
			return &remote{ctx: ctx, source: source, info: info, body: body}, info, nil
		}
		errs = append(errs, err)
	}
	return nil, Info{}, errors.Join(errs...)
}

// remote is an object that is read from its source. A seek is another Get.
type remote struct {
	ctx    context.Context
	source Store
	info   Info
	body   io.ReadCloser // at bodyAt; nil: to be opened
	bodyAt int64
	at     int64
}

func (r *remote) Read(p []byte) (int, error) {
	if r.at >= r.info.Size {
		return 0, io.EOF
	}
	if r.body != nil && r.bodyAt != r.at {
		_ = r.body.Close()
		r.body = nil
	}
	if r.body == nil {
		body, info, err := r.source.Get(r.ctx, r.info.Key, Range{Offset: r.at})
		if err != nil {
			return 0, err
		}
		if r.body, r.bodyAt = body, r.at; info.Size != r.info.Size {
			return 0, fmt.Errorf("objectstore: %s has changed while it was read", r.info.Key)
		}
	}
	n, err := r.body.Read(p)
	r.at += int64(n)
	r.bodyAt = r.at
	return n, err
}

func (r *remote) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.info.Size
	}
	if offset < 0 {
		return 0, ErrRange
	}
	r.at = offset
	return offset, nil
}

func (r *remote) Close() error {
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}
