package rtmp

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/ingest"
)

const (
	// millisecond is RTMP's timescale.
	millisecond = 1000
	// maxPublishes bounds the publish commands of one connection.
	maxPublishes = 100
)

// publish authorises the stream key. Media is read from here on, not before.
func (c *connection) publish(ctx context.Context, cmd command) error {
	if c.publishes++; c.publishes > maxPublishes {
		return fmt.Errorf("%w: more than %d publish commands on one connection", ErrChunk, maxPublishes)
	}
	key := streamKey(c.app, c.tcURL, cmd.text())
	if c.session != nil {
		return c.publishAgain(cmd, key)
	}
	c.streamID = cmd.streamID
	sink, err := c.gate.Open(ctx, ingest.Request{Protocol: "rtmp", Remote: c.remote, Key: key, Kick: c.stop})
	if err != nil {
		_ = c.status(cmd.streamID, "error", refusalCode(err), refusalText(err))
		return err
	}
	c.key, c.published = key, true
	c.session = ingest.NewSession(sink, millisecond, 32)
	c.media = &demuxer{session: c.session}
	c.chunks.mediaAllowed = true
	return c.status(cmd.streamID, "status", "NetStream.Publish.Start", "publishing")
}

// publishAgain answers a publish while the connection publishes already, which goes on.
func (c *connection) publishAgain(cmd command, key string) error {
	if key == c.key {
		return c.status(cmd.streamID, "status", "NetStream.Publish.Start", "publishing already")
	}
	return c.status(cmd.streamID, "error", "NetStream.Publish.BadName",
		"this connection publishes another stream; end that first, or use another connection")
}

// unpublish ends the publication, and not the connection: FFmpeg sends FCUnpublish, then
// deleteStream, and complains if it can't. A client may also publish again. The connection
// ends when the client closes it, or after setupTimeout.
func (c *connection) unpublish(cmd command) error {
	if c.session == nil {
		return c.result(cmd.transaction, nil)
	}
	c.session.Close(nil)
	c.session, c.media, c.key = nil, nil, ""
	c.setup = time.Now().Add(setupTimeout)
	if cmd.name == "FCUnpublish" {
		if err := c.notify("onFCUnpublish", "NetStream.Unpublish.Success", "the publication has ended"); err != nil {
			return err
		}
	}
	if err := c.result(cmd.transaction, nil); err != nil {
		return err
	}
	return c.status(cmd.streamID, "status", "NetStream.Unpublish.Success", "the publication has ended")
}

func refusalCode(err error) string {
	if errors.Is(err, ingest.ErrBusy) {
		return "NetStream.Publish.BadName"
	}
	return "NetStream.Publish.Denied"
}

func refusalText(err error) string {
	for _, known := range []error{ingest.ErrBusy, ingest.ErrUnauthorized, ingest.ErrTooManyAttempts, ingest.ErrShuttingDown} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "not possible now"
}

// tellReason tells the client why the publication ends, if that is for what they sent.
func (c *connection) tellReason(err error) {
	for _, reason := range []error{ingest.ErrUnsupported, ingest.ErrRemoved, ingest.ErrTooLarge, ingest.ErrMalformed} {
		if c.session != nil && errors.Is(err, reason) {
			_ = c.status(c.streamID, "error", "NetStream.Publish.Failed", err.Error())
			return
		}
	}
}

// status sends onStatus on the message stream that the client used for its command.
func (c *connection) status(streamID uint32, level, code, description string) error {
	return c.writer.Write(&message.CommandAMF0{
		// The library writes the ID big endian, and it is the one number of RTMP that is
		// little endian (§5.3.1.2.5).
		ChunkStreamID: 5, MessageStreamID: bits.ReverseBytes32(streamID), Name: "onStatus",
		Arguments: amf0.Data{nil, amf0.Object{
			{Key: "level", Value: level},
			{Key: "code", Value: code},
			{Key: "description", Value: description},
		}},
	})
}
