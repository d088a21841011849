package rtmp

import (
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
)

// Bounds of one message, by what it holds.
const (
	// maxPicture is all that the 24 bits of a message's length can say (RTMP 1.0
	// §5.3.1.2.1): 16 MiB less one byte. 4K at a scene change takes more than 4 MiB.
	maxPicture = 1<<24 - 1
	maxSound   = 4 << 20
	// maxData: onMetaData and onXMPData with previews and indexes take more than a command.
	maxData    = 256 << 10
	maxCommand = 64 << 10
	maxControl = 64
)

// messageType is the type ID of an RTMP message (RTMP 1.0 §5.4, §7.1).
type messageType uint8

const (
	typeSetChunkSize     messageType = 1
	typeAbort            messageType = 2
	typeAcknowledgement  messageType = 3
	typeUserControl      messageType = 4
	typeWindowAckSize    messageType = 5
	typeSetPeerBandwidth messageType = 6
	typeAudio            messageType = 8
	typeVideo            messageType = 9
	typeDataAMF3         messageType = 15
	typeCommandAMF3      messageType = 17
	typeDataAMF0         messageType = 18
	typeCommandAMF0      messageType = 20
	typeAggregate        messageType = 22
)

// limit is the largest body of a message of the type.
func (t messageType) limit() uint32 {
	switch t {
	case typeVideo, typeAggregate:
		return maxPicture
	case typeAudio:
		return maxSound
	case typeCommandAMF0, typeCommandAMF3:
		return maxCommand
	case typeSetChunkSize, typeAbort, typeAcknowledgement, typeUserControl, typeWindowAckSize, typeSetPeerBandwidth:
		return maxControl
	}
	return maxData
}

// media reports whether a message of the type holds media.
func (t messageType) media() bool { return t == typeAudio || t == typeVideo || t == typeAggregate }

// optional reports whether a publication goes on without a message of the type: data, and
// types that we don't know.
func (t messageType) optional() bool { return t.limit() == maxData }

func (t messageType) String() string {
	switch t {
	case typeVideo:
		return "picture"
	case typeAudio:
		return "sound"
	case typeCommandAMF0, typeCommandAMF3:
		return "command"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// tooLarge is the refusal of a message, in words for the creator.
func tooLarge(kind messageType, length, limit uint32) error {
	return fmt.Errorf("%w: an RTMP message (%s) of %d bytes, and at most %d are taken; lower the encoder's bit rate or resolution",
		ingest.ErrTooLarge, kind, length, limit)
}

// rtmpMessage is one RTMP message.
type rtmpMessage struct {
	kind      messageType
	streamID  uint32
	timestamp uint32 // milliseconds; wraps
	body      []byte // the receiver's to keep
}
