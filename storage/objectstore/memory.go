package objectstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory keeps objects in memory, without a bound: it is for tests.
type Memory struct {
	mu      sync.RWMutex
	objects map[string]memoryObject
}

// memoryObject is never changed, only replaced.
type memoryObject struct {
	data     []byte
	attrs    Attributes
	modified time.Time
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{objects: map[string]memoryObject{}} }

// Put implements Store.
func (m *Memory) Put(ctx context.Context, key string, body io.ReadSeeker, a Attributes) error {
	if err := errorOf(ctx, key); err != nil {
		return err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("objectstore: put %s: %w", key, err)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("objectstore: put %s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = memoryObject{data: data, attrs: a, modified: time.Now()}
	return nil
}

// Get implements Store.
func (m *Memory) Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, Info{}, err
	}
	o, ok := m.object(key)
	if !ok {
		return nil, Info{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	n, err := r.within(int64(len(o.data)))
	if err != nil {
		return nil, Info{}, err
	}
	return io.NopCloser(bytes.NewReader(o.data[r.Offset : r.Offset+n])), o.info(key), nil
}

// Attributes returns those that an object was put with, or ErrNotFound.
func (m *Memory) Attributes(ctx context.Context, key string) (Attributes, error) {
	if err := errorOf(ctx, key); err != nil {
		return Attributes{}, err
	}
	o, ok := m.object(key)
	if !ok {
		return Attributes{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	return o.attrs, nil
}

// List implements Store. It lists what is there when it begins.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		for _, info := range m.infos(prefix) {
			if err := ctx.Err(); err != nil {
				yield(Info{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := errorOf(ctx, key); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.objects, key)
	}
	return nil
}

func (m *Memory) object(key string) (memoryObject, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[key]
	return o, ok
}

func (m *Memory) infos(prefix string) []Info {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var infos []Info
	for key, o := range m.objects {
		if strings.HasPrefix(key, prefix) {
			infos = append(infos, o.info(key))
		}
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	return infos
}

func (o memoryObject) info(key string) Info {
	return Info{Key: key, Size: int64(len(o.data)), Modified: o.modified}
}

// errorOf tells why a call need not begin.
func errorOf(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}
