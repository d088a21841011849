package recording

import (
	"context"
	"io"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// Replica copies broadcasts to another storage.
type Replica interface {
	// Name tells replicas apart; it is part of file names.
	Name() string
	// Writer begins to copy a broadcast.
	Writer(h Head, o WriterOptions) ReplicaWriter
	// Put copies files of the library, in order, in its own time; done is called when
	// they are there.
	Put(keys []string, done func())
	// Delete removes objects, and all below the prefixes, in its own time.
	// Nothing of the broadcast or recording named is copied any more then. done is called
	// when all is gone, or can't be deleted.
	Delete(id string, keys, prefixes []string, done func())
}

// WriterOptions tell what a writer can't know.
type WriterOptions struct {
	// Resume, for a broadcast of which some may be there, tells the writer what there has
	// been so far, before it begins.
	Resume func(ReplicaWriter)
	Quiet  bool // the broadcast is over: no playlists are to follow it
}

// ReplicaWriter copies one broadcast. Its methods do not block.
type ReplicaWriter interface {
	StreamParams(packager.StreamParams)
	Init(rendition string, i packager.Init)
	Segment(rendition string, e packager.Entry, open func() (io.ReadSeekCloser, error))
	DateRange(d hls.DateRange)
	// TimedObjects lists an object of a series of timed objects, after it was copied; one without items has
	// nothing to copy.
	TimedObjects(name string, e packager.TimedObjectEntry, open func() (io.ReadSeekCloser, error))
	// ExpireTimedObject is what Expire is for segments.
	ExpireTimedObject(name string, e packager.TimedObjectEntry)
	// Expire says that a segment is not needed any more, as soon as no playlist in the
	// storage has listed it for long enough.
	Expire(rendition string, e packager.Entry)
	// NextUnhandled is the number after the newest segment of a rendition that needs no copying
	// any more.
	NextUnhandled(rendition string) int64
	// Lost reports whether a segment was given up.
	Lost(rendition string, msn int64) bool
	// End says that the broadcast is over. Files are then copied, in order, when all
	// media are; if there are none the playlists end as they are. done is called after.
	End(files []string, done func())
	// Close gives up what has not been copied.
	Close()
}

// Remote reads objects back that the disk lacks.
type Remote interface {
	// Open opens an immutable object; it fails with objectstore.ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, objectstore.Info, error)
	// Small is an object that may change, as it was a moment ago; likewise.
	Small(ctx context.Context, key string) ([]byte, objectstore.Info, error)
	// Range reads a part of an immutable object, which is not kept; likewise.
	Range(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Forget drops objects that were deleted.
	Forget(keys ...string)
}
