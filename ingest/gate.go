package ingest

import (
	"context"
	"errors"

	"github.com/globalfandom/lightstick/media"
)

// Reasons for which a Gate turns a publisher away, or a Sink ends a publication.
// Protocols translate them into their own refusal, in these words.
var (
	// ErrUnauthorized: the stream key is unknown.
	ErrUnauthorized = errors.New("unknown stream key")
	// ErrTooManyAttempts: too many wrong keys came from this network; the error that
	// wraps it says when to try again.
	ErrTooManyAttempts = errors.New("too many wrong stream keys from this network")
	// ErrBusy: somebody is publishing to the stream already.
	ErrBusy = errors.New("stream is already live from another publisher")
	// ErrShuttingDown: the server is stopping and takes nobody new.
	ErrShuttingDown = errors.New("server is shutting down")
	// ErrRemoved: the stream was deleted while it was live.
	ErrRemoved = errors.New("stream was removed")
	// ErrKeyReplaced: the stream got a new key while somebody published with the old one.
	ErrKeyReplaced = errors.New("the stream key was replaced; publish with the new key")
	// ErrUnsupported: the publication can't be packaged. The error that wraps it
	// names the codec and says what to use.
	ErrUnsupported = errors.New("unsupported media")
	// ErrTooLarge: the publisher sent more at once than is taken. The error that wraps it
	// names the limit and says what to set.
	ErrTooLarge = errors.New("message too large")
	// ErrMalformed: what came can't be read as the protocol. The error that wraps it says
	// where.
	ErrMalformed = errors.New("the encoder's data breaks the protocol")
	// ErrSuperseded: the publisher went silent and another one took its place.
	ErrSuperseded = errors.New("a new publisher took over this silent connection")
	// ErrLost: the connection ended, and the publisher had not said that it ends the
	// publication, as each protocol lets it.
	ErrLost = errors.New("connection lost")
)

// Reasons for which a stream that we fetch ourselves does not come.
var (
	// ErrCredentials: the peer wants another user, password, passphrase or key.
	ErrCredentials = errors.New("wrong user or password; correct them in the address")
	// ErrNoStream: the peer knows nothing of this name.
	ErrNoStream = errors.New("nothing is there under this address; check its path, and that the stream is on air")
)

// Request is a publisher's wish, as a protocol heard it.
type Request struct {
	Protocol string // rtmp, srt, rtsp, webrtc, …: a small closed set, used as a metric label
	Remote   string // the peer's address
	Key      string // the stream key; secret, never logged
	// Trusted names the stream when we ourselves fetch it from a configured
	// address; Key doesn't matter then.
	Trusted media.StreamID
	// Kick ends the publisher's connection; it may be called from any goroutine,
	// more than once, and must not block.
	Kick func(reason error)
	// Lost counts the packets that never came; nil: the protocol knows of no loss. It may
	// be called from any goroutine, also after the connection's end.
	Lost func() uint64
	// Received counts the packets that came from the publisher, before they wait in a
	// buffer; nil: there is none, and samples tell when it was heard last. It may be called
	// from any goroutine, also after the connection's end.
	Received func() uint64
	// Link is how packets come; nil: the protocol does not know. It may be called from any
	// goroutine, also after the connection's end.
	Link func() Link
}

// Gate decides who may publish. It may be called concurrently.
type Gate interface {
	// Open authorises the request and reserves its stream. The error wraps one of
	// this package's. The caller must Close the Sink.
	Open(ctx context.Context, r Request) (Sink, error)
}

// Sink takes one publication. Its methods are called from one goroutine, in
// decode order per track, with DTS that never go back.
type Sink interface {
	// Stream is the stream that the key belongs to.
	Stream() media.StreamID
	// Expect says which kinds of track are announced; it may come late or never.
	Expect(video, audio bool)
	// SetTrack announces a track, or new parameters of it, before the samples it
	// applies to. An error that wraps ErrUnsupported ends the track, not the publication.
	SetTrack(t media.Track) error
	// Write takes a sample of the track of that kind, and may keep its payload. DTS 0 is the
	// publication's beginning. It may wait for a bounded time; an error ends the publication, or the
	// track alone when it wraps ErrUnsupported.
	Write(k media.Kind, s media.Sample) error
	// Event takes timed metadata. Its time may lie before or after that of the samples
	// around it.
	Event(e media.Event)
	// Advise tells the creator what was left out or repaired, and what to set. An advice
	// replaces the one of the same code; it stands until the publication ends, or until one
	// of its code without Text withdraws it.
	Advise(a Advice)
	// Repaired counts a repair of the source's clock, by its reason.
	Repaired(reason string)
	// Close ends the publication. A nil reason means that the publisher said so: FCUnpublish,
	// closeStream or deleteStream by RTMP, TEARDOWN by RTSP, a shutdown packet by SRT,
	// DELETE by WebRTC.
	Close(reason error)
}
