package rtmp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// command handles a NetConnection or NetStream command (RTMP 1.0 §7.2).
func (c *connection) command(ctx context.Context, body []byte) error {
	values, err := decodeAMF(body)
	if err != nil {
		return err
	}
	if len(values) < 2 {
		return fmt.Errorf("%w: a command of %d values", ErrAMF, len(values))
	}
	name, ok1 := values[0].(string)
	transaction, ok2 := values[1].(float64)
	if !ok1 || !ok2 {
		return fmt.Errorf("%w: a command without name or transaction", ErrAMF)
	}
	arguments := values[2:]
	switch name {
	case "connect":
		return c.connect(int(transaction), arguments)
	case "createStream":
		return c.result(int(transaction), nil, float64(1))
	case "publish":
		return c.publish(ctx, arguments)
	case "play":
		_ = c.status("error", "NetStream.Play.Failed", "this server takes publishers only; watch by HLS")
		return errors.New("a player connected by RTMP; streams are watched by HLS")
	case "deleteStream", "closeStream", "FCUnpublish":
		if c.session != nil {
			return errDone
		}
	}
	return nil // releaseStream, FCPublish and the like need no answer
}

func (c *connection) result(transaction int, values ...any) error {
	return c.writer.Write(&message.CommandAMF0{
		ChunkStreamID: 3, Name: "_result", CommandID: transaction, Arguments: values,
	})
}

func (c *connection) connect(transaction int, arguments amf0.Data) error {
	var wish amf0.Object
	if len(arguments) > 0 {
		wish = object(arguments[0])
		c.app, _ = wish.GetString("app")
		c.tcURL, _ = wish.GetString("tcUrl")
	}
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: ackWindow},
		&message.SetPeerBandwidth{Value: ackWindow, Type: 2},
		&message.SetChunkSize{Value: 65536},
	} {
		if err := c.writer.Write(m); err != nil {
			return err
		}
	}
	success := amf0.Object{
		{Key: "level", Value: "status"},
		{Key: "code", Value: "NetConnection.Connect.Success"},
		{Key: "description", Value: "Connection succeeded."},
		{Key: "objectEncoding", Value: float64(0)},
	}
	success = append(success, enhancements(wish)...)
	return c.result(transaction,
		amf0.Object{
			{Key: "fmsVer", Value: "FMS/3,5,7,7009"},
			{Key: "capabilities", Value: float64(31)},
		},
		success,
	)
}

// enhancements answers what a client says of Enhanced RTMP ("Enhancing NetConnection
// connect Command") with what may be sent. Each property only answers its like: old
// clients stumble over them.
func enhancements(wish amf0.Object) (reply amf0.Object) {
	add := func(key string, value any) {
		if _, asked := wish.Get(key); asked {
			reply = append(reply, amf0.ObjectEntry{Key: key, Value: value})
		}
	}
	const canForward, multitrack, modEx = 4, 2, 4
	infos := func(codecs map[string]media.Codec) (info amf0.Object) {
		for _, fourCC := range slices.Sorted(maps.Keys(codecs)) {
			info = append(info, amf0.ObjectEntry{Key: fourCC, Value: float64(canForward)})
		}
		return info
	}
	list := amf0.StrictArray{}
	for _, codecs := range []map[string]media.Codec{videoFourCCs, audioFourCCs} {
		for _, fourCC := range slices.Sorted(maps.Keys(codecs)) {
			list = append(list, fourCC)
		}
	}
	add("fourCcList", list)
	add("videoFourCcInfoMap", infos(videoFourCCs))
	add("audioFourCcInfoMap", infos(audioFourCCs))
	add("capsEx", float64(multitrack|modEx))
	return reply
}

// publish authorises the stream key. Media is read from here on, not before.
func (c *connection) publish(ctx context.Context, arguments amf0.Data) error {
	if c.session != nil {
		return fmt.Errorf("%w: a second publish on one connection", ErrChunk)
	}
	name := ""
	if len(arguments) > 1 {
		name, _ = arguments[1].(string)
	}
	sink, err := c.gate.Open(ctx, ingest.Request{
		Protocol: "rtmp", Remote: c.remote, Key: streamKey(c.app, c.tcURL, name), Kick: c.stop,
	})
	if err != nil {
		_ = c.status("error", refusalCode(err), refusalText(err))
		return err
	}
	c.session = ingest.NewSession(sink, millisecond, 32)
	c.media = &demuxer{session: c.session}
	c.chunks.mediaAllowed = true
	return c.status("status", "NetStream.Publish.Start", "publishing")
}

// millisecond is RTMP's timescale.
const millisecond = 1000

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
