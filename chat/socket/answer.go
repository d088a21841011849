package socket

import (
	"encoding/binary"

	"github.com/centrifugal/protocol"
)

// answer is what a client was told when it subscribed: where its part of the stream
// ends that it has from the history, if any.
type answer struct {
	seen   bool
	offset uint64
	epoch  string
}

// read looks whether a reply is the answer to a subscription.
func (a *answer) read(reply []byte, e *encoding) {
	var decoder protocol.ReplyDecoder
	if e.binary {
		framed := append(binary.AppendUvarint(nil, uint64(len(reply))), reply...)
		decoder = protocol.NewProtobufReplyDecoder(framed)
	} else {
		decoder = protocol.NewJSONReplyDecoder(reply)
	}
	r, _ := decoder.Decode() // at the end, io.EOF comes with the reply
	if s := r.GetSubscribe(); s != nil {
		*a = answer{true, s.Offset, s.Epoch}
		if n := len(s.Publications); n > 0 { // then Offset is where the client was
			a.offset = max(a.offset, s.Publications[n-1].Offset)
		}
	}
}
