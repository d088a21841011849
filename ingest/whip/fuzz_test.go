package whip

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// offers are those of real publishers.
func offers(t testing.TB) (all [][]byte) {
	t.Helper()
	names, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(names) == 0 {
		t.Fatalf("no offers: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// No offer makes the server fail, and of each that is taken a peer connection can be made.
func FuzzOffer(f *testing.F) {
	for _, offer := range offers(f) {
		f.Add(offer)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxBody {
			return
		}
		o, err := parseOffer(text)
		if err != nil {
			return
		}
		formats, err := o.formats()
		if err == nil && (len(formats) == 0 || len(formats) > 2) {
			t.Errorf("%d formats", len(formats))
		}
		if _, err := restarted(text, fragment{ufrag: "abcd", password: "abcdefghijklmnopqrstuv"}); err != nil {
			t.Errorf("an offer that was taken can't be written: %v", err)
		}
	})
}

func FuzzFragment(f *testing.F) {
	f.Add([]byte("a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n" +
		"a=candidate:1 1 udp 2130706431 192.0.2.1 61764 typ host\r\na=candidate:2 1 tcp 1 192.0.2.1 9 typ host tcptype active\r\na=end-of-candidates\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		fragment, err := parseFragment(text)
		if err == nil && (len(fragment.ufrag) < 4 || len(fragment.password) < 22 || len(fragment.candidates) > maxFragmentLines) {
			t.Errorf("%+v", fragment)
		}
	})
}

// Whatever packets bring, the publication goes on, and decode times only grow.
func FuzzPackets(f *testing.F) {
	packet := func(kind byte, number, timestamp uint16, marker byte, payload ...byte) []byte {
		return append([]byte{kind, byte(number >> 8), byte(number), byte(timestamp >> 8), byte(timestamp), marker, byte(len(payload))}, payload...)
	}
	stream := append(packet(0, 1, 0, 1, 0x67, 0x42, 0xc0, 0x1f), packet(1, 1, 0, 0, 0xfc, 1, 2)...)
	stream = append(stream, packet(0, 3, 90, 0, 0x7c, 0x85, 0x88)...)
	f.Add(byte(0), stream)
	f.Add(byte(1), append(packet(0, 1, 0, 0, 48<<1, 1, 0, 2, 32<<1, 1), packet(0, 2, 0, 1, 49<<1, 1, 0x93, 0x80)...))
	f.Add(byte(2), append(packet(0, 1, 0, 0, 0x18, 0x0a, 1, 2), packet(0, 2, 9, 1, 0x10, 0x32, 1, 1)...))
	f.Fuzz(func(t *testing.T, codec byte, data []byte) {
		gate := ingesttest.NewGate()
		sink, err := gate.Open(t.Context(), ingest.Request{Key: ingesttest.Key})
		if err != nil {
			t.Fatal(err)
		}
		video := &offered{codec: []media.Codec{media.H264, media.HEVC, media.AV1}[codec%3]}
		r, err := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), offer{video: video, audio: &offered{codec: media.Opus}}, Config{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1_700_000_000, 0)
		const header = 7
		for len(data) >= header {
			h := data[:header]
			size := min(int(h[6]), len(data)-header)
			p := &rtp.Packet{Header: rtp.Header{
				Marker: h[5]&1 != 0, SequenceNumber: uint16(h[1])<<8 | uint16(h[2]), Timestamp: (uint32(h[3])<<8 | uint32(h[4])) * 1000,
			}, Payload: data[header : header+size]}
			data = data[header+size:]
			now = now.Add(time.Duration(h[5]) * time.Millisecond)
			if r.take(event{kind: media.Kind(h[0] & 1), ssrc: 1, at: now, packet: p}) != nil || r.due(now) != nil {
				break
			}
		}
		live := gate.Live()
		r.close(nil)
		for kind, samples := range live.Samples {
			for i := 1; i < len(samples); i++ {
				if samples[i].DTS < samples[i-1].DTS {
					t.Fatalf("kind %d: sample %d goes back", kind, i)
				}
			}
		}
	})
}
