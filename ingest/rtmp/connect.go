package rtmp

import (
	"maps"
	"slices"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/media"
)

// connect answers the first command (RTMP 1.0 §7.2.1.1).
func (c *connection) connect(cmd command) error {
	c.app, _ = cmd.object.GetString("app")
	c.tcURL, _ = cmd.object.GetString("tcUrl")
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: ackWindow},
		&message.SetPeerBandwidth{Value: peerBandwidth, Type: 2},
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
	success = append(success, enhancements(cmd.object)...)
	return c.result(max(cmd.transaction, 1), // which it always is (§7.2.1.1)
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
