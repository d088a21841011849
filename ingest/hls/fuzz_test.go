package hls

import (
	"bytes"
	"log/slog"
	"net/url"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// No playlist makes the parser panic, or hold more than it got.
func FuzzPlaylist(f *testing.F) {
	for _, text := range []string{
		"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP:URI=\"i\",BYTERANGE=\"9@1\"\n" +
			"#EXT-X-PROGRAM-DATE-TIME:2026-11-30T20:00:00.5Z\n#EXTINF:2.0,title\n#EXT-X-BYTERANGE:100@5\na\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\n#EXT-X-BYTERANGE:7\na\n#EXT-X-ENDLIST",
		"\ufeff#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"s\"\r\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1\",AUDIO=\"a\"\r\nv\r\n",
		"#EXTM3U\n#EXT-X-TARGETDURATION:1e300\n", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n#EXTINF:NaN,\nx",
	} {
		f.Add([]byte(text))
	}
	base := &url.URL{Scheme: "https", Host: "h", Path: "/a/b"}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parse(text)
		if err != nil {
			return
		}
		if len(list.variants) > 0 {
			if c, err := list.choose(); err == nil && c.video == c.audio {
				t.Errorf("%+v", c)
			}
			return
		}
		if n := len(list.segments); n > 0 {
			if first := list.begin(list.segments[n/2].time); first < list.sequence || first >= list.sequence+int64(n) {
				t.Errorf("begins with %d of %d from %d", first, n, list.sequence)
			}
			if address, err := resolve(base, list.segments[0].uri); err == nil && address.Scheme != "http" && address.Scheme != "https" {
				t.Error(address)
			}
		}
	})
}

// No fMP4 makes the reader panic, or a sample that is longer than its segment.
func FuzzFragments(f *testing.F) {
	f.Add(header(f, sps, pictureTrack, soundTrack), fragment(f, 3, pictureTrack, soundTrack))
	f.Add(header(f, sps, soundTrack), fragment(f, 0, soundTrack))
	f.Fuzz(func(t *testing.T, init, data []byte) {
		gate := ingesttest.NewGate()
		sink, _ := gate.Open(t.Context(), ingest.Request{Key: ingesttest.Key})
		session := ingest.NewSession(sink, media.VideoTimescale, 0)
		pieces := make(chan piece)
		close(pieces)
		m := newMerger([]*follower{{log: slog.New(slog.DiscardHandler), pieces: pieces}}, session)
		err := m.run(piece{header: init, fresh: true, data: data})
		session.Close(err)
		for _, samples := range (<-gate.Ended).Samples {
			for _, s := range samples {
				if len(s.Payload) > len(data)+len(init) {
					t.Errorf("a sample of %d bytes", len(s.Payload))
				}
			}
		}
	})
}

// Whatever a segment is, its counters are all that changes.
func FuzzRenumber(f *testing.F) {
	f.Add(transport(0), transport(1))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		r := &segmentReader{counters: make(map[uint16]*counter)}
		for _, data := range [][]byte{first, second} {
			was := bytes.Clone(data)
			r.renumber(data)
			for i := range data {
				if data[i] != was[i] && (i%188 != 3 || data[i]&0xf0 != was[i]&0xf0) {
					t.Fatalf("byte %d changed", i)
				}
			}
		}
		if len(r.counters) > 1<<13 {
			t.Error("more counters than there are PIDs")
		}
	})
}
