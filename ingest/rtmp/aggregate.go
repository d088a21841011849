package rtmp

import "encoding/binary"

// aggregateHeader is the size of the header that each message in an aggregate has, and
// backPointer that of the size behind it: those of FLV tags (RTMP 1.0 §7.1.6, FLV 10.1
// §E.4.1).
const (
	aggregateHeader = 11
	backPointer     = 4
)

// split calls take with each message of an aggregate, until there is an error. The
// timestamps in it are relative to the first one's (§7.1.6). It reports whether the
// aggregate was sound; what is cut short is left out. Bodies alias the aggregate's.
func (m rtmpMessage) split(take func(rtmpMessage) error) (sound bool, err error) {
	first := uint32(0)
	for b, begun := m.body, false; len(b) > 0; begun = true {
		if len(b) < aggregateHeader {
			return false, nil
		}
		size := int(uint24(b[1:]))
		timestamp := uint24(b[4:]) | uint32(b[7])<<24
		if size > len(b)-aggregateHeader {
			return false, nil
		}
		if !begun {
			first = timestamp
		}
		part := rtmpMessage{
			kind: messageType(b[0]), streamID: m.streamID, timestamp: m.timestamp + timestamp - first,
			body: b[aggregateHeader:][:size:size],
		}
		if err := take(part); err != nil {
			return true, err
		}
		b = b[aggregateHeader+size:]
		if len(b) >= backPointer && int(binary.BigEndian.Uint32(b)) != aggregateHeader+size {
			return false, nil
		}
		b = b[min(len(b), backPointer):]
	}
	return true, nil
}
