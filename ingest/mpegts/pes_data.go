package mpegts

// wholePackets is a pesSink that gathers the data of each PES packet before it is decoded. For
// picture videoDecoder is one of its own, which gathers what its samples keep.
type wholePackets struct {
	limit   int // bytes of a PES packet's data
	decoder packetDecoder
	data    []byte // used again and again
}

// packetDecoder decodes the data of PES packets. Its errors end the publication: what can't be
// read is reported to the track instead.
type packetDecoder interface {
	// decode decodes a PES packet. The data is valid until it returns.
	decode(p pesPacket, data []byte) error
	// held is how many bytes are kept for the next one.
	held() int
}

func (w *wholePackets) begin(pesPacket, []byte) error {
	w.data = w.data[:0]
	return nil
}

func (w *wholePackets) addData(b []byte) bool {
	if len(w.data)+len(b) > w.limit {
		w.data = nil
		return false
	}
	w.data = append(w.data, b...)
	return true
}

func (w *wholePackets) end(p pesPacket) error { return w.decoder.decode(p, w.data) }

func (w *wholePackets) held() int { return cap(w.data) + w.decoder.held() }
