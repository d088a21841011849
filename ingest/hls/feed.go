package hls

import (
	"bytes"
	"context"
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/mpegts"
	"github.com/globalfandom/lightstick/media"
)

// feed opens a publication when the first segment is there, and feeds it until the followers
// end. open is given what tells that segments wait; interrupted is why to end earlier.
func feed(ctx context.Context, followers []*follower, open func(pending func() bool) (ingest.Sink, error), interrupted func() error) error {
	lead := followers[0]
	p, ok := <-lead.pieces
	if !ok {
		return lead.err
	}
	// What was recorded waits all the time.
	pending := func() bool { return len(lead.pieces) == queued && !lead.recorded }
	sink, err := open(pending)
	if err != nil {
		return err
	}
	var session *ingest.Session
	if transportStream(p.data) {
		session = ingest.NewSession(sink, mpegts.Scale, mpegts.WrapBits)
		err = feedTS(lead, p, session, len(followers) > 1)
	} else {
		session = ingest.NewSession(sink, media.VideoTimescale, 0)
		err = newMerger(followers, session).run(p)
	}
	if reason := interrupted(); reason != nil {
		err = reason
	}
	session.Close(err)
	return err
}

// feedTS feeds a session from the segments of a transport stream.
func feedTS(f *follower, p piece, session *ingest.Session, apart bool) error {
	if apart {
		session.Advise(ingest.Advice{
			Code: ingest.AdviceCodecRefused, Severity: ingest.Warning,
			Text: "the sound is left out: it is a rendition of its own of transport streams; let the server put it into the variants, or package fMP4",
		})
	}
	r := &segmentReader{follower: f, rest: p.data, counters: make(map[uint16]*counter)}
	if err := mpegts.Demux(r, session, mpegts.Config{}); err != nil {
		return err
	}
	return f.err
}

// transportStream tells a transport stream from fMP4.
func transportStream(data []byte) bool {
	const packet, sync = 188, 0x47
	return len(data) > packet && data[0] == sync && data[packet] == sync
}

// errSegment reports a segment of neither kind.
func errSegment(data []byte) error {
	if bytes.HasPrefix(data, []byte("ID3")) {
		return fmt.Errorf("%w: packed audio; let the server package MPEG-TS or fMP4", ingest.ErrUnsupported)
	}
	return fmt.Errorf("%w: the segments are neither MPEG-TS nor fMP4", ingest.ErrUnsupported)
}
