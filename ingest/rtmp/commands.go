package rtmp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
)

// command is a NetConnection or NetStream command (RTMP 1.0 §7.2).
type command struct {
	name        string
	transaction int // 0: the client wants no answer
	streamID    uint32
	object      amf0.Object // nil is usual
	arguments   amf0.Data
}

// parseCommand reads a command as encoders write it: the transaction may be a string, the
// command object an ECMA array, or missing altogether; what follows the last argument may
// be broken.
func parseCommand(streamID uint32, body []byte) (command, error) {
	values, err := decodeAMF(body)
	if len(values) == 0 {
		if err == nil {
			err = fmt.Errorf("%w: an empty command", ErrAMF)
		}
		return command{}, err
	}
	name, ok := values[0].(string)
	if !ok {
		return command{}, fmt.Errorf("%w: a command without a name", ErrAMF)
	}
	cmd := command{name: name, streamID: streamID}
	if len(values) > 1 {
		cmd.transaction = transaction(values[1])
		cmd.arguments = values[2:]
	}
	if len(cmd.arguments) == 0 {
		return cmd, nil
	}
	switch first := cmd.arguments[0].(type) {
	case amf0.Object, amf0.ECMAArray:
		cmd.object = object(first)
	case nil, amf0.Undefined:
	default:
		return cmd, nil
	}
	cmd.arguments = cmd.arguments[1:]
	return cmd, nil
}

// transaction reads a transaction ID; 0 if it makes no sense.
func transaction(v any) int {
	number, ok := v.(float64)
	if text, isText := v.(string); isText {
		parsed, err := strconv.ParseFloat(text, 64)
		number, ok = parsed, err == nil
	}
	if !ok || !(number >= 1 && number <= math.MaxInt32) {
		return 0
	}
	return int(number)
}

// text is the first argument, which is a stream's name where there is one.
func (cmd command) text() string {
	if len(cmd.arguments) == 0 {
		return ""
	}
	text, _ := scalar(cmd.arguments[0])
	return text
}

// command handles a command.
func (c *connection) command(ctx context.Context, m rtmpMessage, body []byte) error {
	cmd, err := parseCommand(m.streamID, body)
	if err != nil {
		if c.session != nil {
			return nil // the media go on without it
		}
		return err
	}
	switch cmd.name {
	case "connect":
		return c.connect(cmd)
	case "createStream":
		return c.result(cmd.transaction, nil, float64(1))
	case "publish":
		return c.publish(ctx, cmd)
	case "FCPublish":
		if err := c.result(cmd.transaction, nil); err != nil {
			return err
		}
		// As FMS's live application answers it; the key is checked at publish.
		return c.notify("onFCPublish", "NetStream.Publish.Start", "send publish")
	case "FCUnpublish", "closeStream", "deleteStream":
		return c.unpublish(cmd)
	case "getStreamLength":
		return c.result(cmd.transaction, nil, float64(0))
	case "play":
		_ = c.status(cmd.streamID, "error", "NetStream.Play.Failed", "this server takes publishers only; watch by HLS")
		return errors.New("a player connected by RTMP; streams are watched by HLS")
	case "_checkbw":
		return c.result(cmd.transaction, nil)
	}
	if strings.HasPrefix(cmd.name, "_") || strings.HasPrefix(cmd.name, "on") {
		return nil // an answer, and not a question
	}
	return c.result(cmd.transaction, nil) // releaseStream and others that change nothing here
}

// result answers a command that has a transaction.
func (c *connection) result(transaction int, values ...any) error {
	if transaction == 0 {
		return nil
	}
	return c.writer.Write(&message.CommandAMF0{
		ChunkStreamID: 3, Name: "_result", CommandID: transaction, Arguments: values,
	})
}

// notify sends a command that says what became of the client's.
func (c *connection) notify(name, code, description string) error {
	return c.writer.Write(&message.CommandAMF0{
		ChunkStreamID: 3, Name: name,
		Arguments: amf0.Data{nil, amf0.Object{{Key: "code", Value: code}, {Key: "description", Value: description}}},
	})
}
