package origin

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Streams finds streams.
type Streams interface {
	// Live finds what a stream serves, while there is something to serve.
	Live(id media.StreamID) (*packager.Stream, bool)
	// Status describes a stream, on air or not; false means that there is none.
	Status(ctx context.Context, id media.StreamID) (Status, bool)
}

// Storage has what streams were, and what has left memory.
type Storage interface {
	// Recorded reports whether a stream's last broadcast can be watched as a recording in
	// its place.
	Recorded(id media.StreamID) bool
	// Latest serves the playlists of a stream that is not on air: those of its newest
	// recording. It fails with recording.ErrNotFound.
	Latest(ctx context.Context, id media.StreamID) (*packager.Stream, error)
	// Recording serves a recording's playlists. It fails with recording.ErrNotFound.
	Recording(ctx context.Context, id media.StreamID, recording string) (*packager.Stream, error)
	// Open opens an object that never changes. It fails with objectstore.ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Small reads an object that may change. It fails with objectstore.ErrNotFound.
	Small(ctx context.Context, key string) ([]byte, error)
}

// noStorage has nothing.
type noStorage struct{}

func (noStorage) Recorded(media.StreamID) bool { return false }

func (noStorage) Latest(context.Context, media.StreamID) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

func (noStorage) Recording(context.Context, media.StreamID, string) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

func (noStorage) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, objectstore.ErrNotFound
}

func (noStorage) Small(context.Context, string) ([]byte, error) { return nil, objectstore.ErrNotFound }

// source is what a request is answered from: a live stream, one that is over, or a text.
type source struct {
	stream *packager.Stream // nil: none is in memory
	// over: the stream is a recording, or the last broadcast in place of a live one. Nothing
	// is waited for, and positions mean nothing (RFC 8216bis §6.2.5.2).
	over bool
	text []byte // of a playlist or an index, as the storage has it, when stream is nil
}

// resolve finds the source of a request. Objects that the storage keeps by their own key are
// left to their handlers.
func (s *Server) resolve(r *http.Request, p *requestPath) (source, error) {
	ctx := r.Context()
	if p.recording != "" {
		return s.resolveRecording(ctx, p)
	}
	stream, live := s.streams.Live(p.stream)
	if !live {
		stream = nil
	}
	if !p.ofBroadcast() || live && !(stream.Ended() && s.storage.Recorded(p.stream)) {
		return source{stream: stream}, nil
	}
	if !p.plausible() {
		return source{}, errNoStream
	}
	stream, err := s.storage.Latest(ctx, p.stream)
	if !errors.Is(err, recording.ErrNotFound) {
		return source{stream: stream, over: true}, err
	}
	if p.kind == kindTimedObjects && p.file != timedObjectIndex {
		return source{}, err
	}
	text, err := s.storage.Small(ctx, storageKey(r))
	return source{text: text}, err
}

// directives reads what the query of a request for a playlist asks for.
func (from source) directives(r *http.Request) (directives, error) {
	d, err := parseDirectives(r.URL.RawQuery)
	if from.over && isPosition(err) {
		err = nil
	}
	return d, err
}

func (s *Server) resolveRecording(ctx context.Context, p *requestPath) (source, error) {
	if !p.plausible() {
		return source{}, errNoStream
	}
	if p.kind == kindRecordingFile {
		return source{}, nil
	}
	stream, err := s.storage.Recording(ctx, p.stream, p.recording)
	return source{stream: stream, over: true}, err
}

// ofBroadcast reports whether a path names what each broadcast of a stream has anew: its
// playlists, and its timed objects by their number.
func (p *requestPath) ofBroadcast() bool {
	return p.kind == kindMultivariant || p.kind == kindPlaylist || p.series != ""
}
